package org.hospes.service.audit;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
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
    try (FileChannel channel = open()) {
      ByteBuffer line = ByteBuffer.wrap(line(entry));
      while (line.hasRemaining()) {
        channel.write(line);
      }
    } catch (IOException e) {
      unwritten.incrementAndGet();
      LOG.error("{}: cannot write the audit log; the entry is {}", file, entry, e);
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

  private byte[] line(AuditEntry entry) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (JsonGenerator out = json.createGenerator(bytes)) {
      out.writeStartObject();
      out.writeStringField("at", entry.at().toString());
      out.writeStringField("event", entry.event());
      out.writeStringField("outcome", entry.outcome().name());
      if (entry.who().isPresent()) {
        out.writeStringField("who", entry.who().get());
      }
      if (entry.workspace().isPresent()) {
        out.writeStringField("workspace", entry.workspace().get());
      }
      out.writeStringField("reason", entry.reason());
      if (!entry.facts().isEmpty()) {
        out.writeObjectFieldStart("facts");
        for (Map.Entry<String, String> fact : entry.facts().entrySet()) {
          out.writeStringField(fact.getKey(), fact.getValue());
        }
        out.writeEndObject();
      }
      out.writeEndObject();
    }
    bytes.writeBytes("\n".getBytes(StandardCharsets.UTF_8));
    return bytes.toByteArray();
  }
}
