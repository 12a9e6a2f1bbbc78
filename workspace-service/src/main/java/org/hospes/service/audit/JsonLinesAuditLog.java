package org.hospes.service.audit;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.hospes.wire.ops.AuditText;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The audit log as a file, one JSON object a line, readable by its owner and group. The file is
 * opened for each line, so that it may be renamed by log rotation at any time; a line is one write.
 */
public final class JsonLinesAuditLog implements AuditLog {
  private static final Logger LOG = LoggerFactory.getLogger(JsonLinesAuditLog.class);

  private final JsonFactory json = new JsonFactory();
  private final AtomicLong unwritten = new AtomicLong();
  private final Path file;

  /**
   * Opens the log.
   *
   * @throws IOException when the file cannot be made or written
   */
  public JsonLinesAuditLog(Path file) throws IOException {
    this.file = file;
    if (file.toAbsolutePath().getParent() != null) {
      Files.createDirectories(file.toAbsolutePath().getParent());
    }
    open().close();
  }

  @Override
  public synchronized void record(AuditEntry entry) {
    byte[] line = line(entry);
    try (FileChannel channel = open()) {
      ByteBuffer left = ByteBuffer.wrap(line);
      while (left.hasRemaining()) {
        channel.write(left);
      }
    } catch (IOException e) {
      unwritten.incrementAndGet();
      // What is too long for the one log is so for the other, on the same disk it may be.
      String text = new String(line, StandardCharsets.UTF_8).strip();
      LOG.error("{}: cannot write the audit log; the entry is {}", file, text, e);
    }
  }

  /** How many entries could not be written since the start. */
  public long unwritten() {
    return unwritten.get();
  }

  private FileChannel open() throws IOException {
    return FileChannel.open(
        file,
        Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")));
  }

  private byte[] line(AuditEntry entry) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (JsonGenerator out = json.createGenerator(bytes)) {
      out.writeStartObject();
      out.writeStringField("at", entry.at().toString());
      out.writeStringField("event", entry.event());
      out.writeStringField("outcome", entry.outcome().name());
      if (entry.who().isPresent()) {
        out.writeStringField("who", AuditText.bounded(entry.who().get()));
      }
      if (entry.workspace().isPresent()) {
        out.writeStringField("workspace", AuditText.bounded(entry.workspace().get()));
      }
      out.writeStringField("reason", AuditText.bounded(entry.reason()));
      if (!entry.facts().isEmpty()) {
        out.writeObjectFieldStart("facts");
        for (Map.Entry<String, String> fact : entry.facts().entrySet()) {
          out.writeStringField(fact.getKey(), AuditText.bounded(fact.getValue()));
        }
        out.writeEndObject();
      }
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("memory takes what is written to it", e);
    }
    bytes.writeBytes("\n".getBytes(StandardCharsets.UTF_8));
    return bytes.toByteArray();
  }
}
