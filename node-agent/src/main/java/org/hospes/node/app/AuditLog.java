package org.hospes.node.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import org.hospes.node.sandbox.AuditTrail;
import org.hospes.trust.path.PathProblem;
import org.hospes.wire.ops.AuditText;
import org.hospes.wire.security.FailedHandshake;
import org.hospes.wire.security.RefusedMessage;
import org.hospes.wire.security.SecurityListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The audit log: one JSON object a line, failed handshakes included. The file is opened for each
 * line, so that a log rotated away is simply begun anew.
 */
final class AuditLog implements AuditTrail, SecurityListener {
  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);

  private final Path file;
  private final Clock clock;
  private final ObjectMapper json = new ObjectMapper();

  AuditLog(Path file, Clock clock) throws IOException {
    this.file = file;
    this.clock = clock;
    if (file.toAbsolutePath().getParent() != null) {
      Files.createDirectories(file.toAbsolutePath().getParent());
    }
  }

  @Override
  public synchronized void record(String event, Map<String, String> facts) {
    ObjectNode line = json.createObjectNode();
    line.put("at", clock.instant().toString());
    line.put("event", event);
    facts.forEach((name, value) -> line.put(name, AuditText.bounded(value)));
    try {
      if (!Files.exists(file)) {
        Files.createFile(
            file,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")));
      }
      Files.writeString(
          file,
          json.writeValueAsString(line) + "\n",
          StandardCharsets.UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      LOG.error("{}: an audit line is lost: {} ({})", file, line, e.getMessage());
    }
  }

  @Override
  public void handshakeFailed(FailedHandshake failure) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("from", failure.remoteAddress());
    failure.subject().ifPresent(subject -> facts.put("subject", subject));
    facts.put("code", failure.code());
    facts.put("reason", failure.reason());
    int number = 0;
    for (PathProblem problem : failure.problems()) {
      facts.put("problem" + ++number, problem.code() + ": " + problem.message());
    }
    record("handshake.failed", facts);
  }

  @Override
  public void messageRefused(RefusedMessage refusal) {
    Map<String, String> facts = new LinkedHashMap<>(refusal.facts());
    facts.put("from", refusal.remoteAddress());
    facts.put("path", refusal.path());
    refusal.dn().ifPresent(dn -> facts.put("caller", dn));
    facts.put("code", refusal.code());
    facts.put("reference", refusal.reference());
    facts.put("reason", refusal.reason());
    record("message.refused", facts);
  }
}
