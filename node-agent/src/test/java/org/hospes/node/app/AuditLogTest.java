package org.hospes.node.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hospes.trust.path.PathProblem;
import org.hospes.wire.ops.AuditText;
import org.hospes.wire.security.FailedHandshake;
import org.hospes.wire.security.RefusedMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLogTest {
  @TempDir Path directory;

  @Test
  void aValueIsBoundedWhateverWasSent() throws Exception {
    Path file = directory.resolve("audit.jsonl");
    AuditLog log = new AuditLog(file, Clock.systemUTC());
    String sent = "x".repeat(1 << 20);
    log.messageRefused(
        new RefusedMessage(
            "127.0.0.1",
            "/somewhere",
            Optional.of(sent),
            "message.malformed",
            "reference",
            sent,
            Map.of("expected", sent)));
    log.handshakeFailed(
        new FailedHandshake(
            "127.0.0.1",
            Optional.of(sent),
            "path.other",
            List.of(new PathProblem("path.other", 0, sent)),
            sent));
    List<String> lines = Files.readAllLines(file);
    assertEquals(2, lines.size());
    for (String each : lines) {
      assertTrue(each.length() < 4 * AuditText.LONGEST, () -> each.length() + " characters");
    }
    JsonNode line = new ObjectMapper().readTree(lines.get(0));
    String caller = line.get("caller").asText();
    String expected = line.get("expected").asText();
    for (String value : List.of(line.get("reason").asText(), caller, expected)) {
      assertTrue(value.endsWith("x... (" + sent.length() + " characters)"));
    }
  }
}
