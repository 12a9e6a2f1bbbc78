package org.hospes.service.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.hospes.wire.ops.AuditText;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonLinesAuditLogTest {
  @TempDir Path directory;

  @Test
  void anEntryIsOneLineOfJsonWhateverIsInIt() throws Exception {
    Path file = directory.resolve("deep/audit.jsonl");
    JsonLinesAuditLog log = new JsonLinesAuditLog(file);
    log.record(
        AuditEntry.of(Instant.EPOCH, "deploy", AuditEntry.Outcome.REFUSED, "image.signer.untrusted")
            .by("/CN=Eve\n{\"event\":\"forged\"}")
            .about("id")
            .fact("signer", "\u0000\"quoted\"\r\n"));
    List<String> lines = Files.readAllLines(file);
    assertEquals(1, lines.size());
    JsonNode line = new ObjectMapper().readTree(lines.get(0));
    assertEquals("1970-01-01T00:00:00Z", line.get("at").asText());
    assertEquals("deploy", line.get("event").asText());
    assertEquals("REFUSED", line.get("outcome").asText());
    assertEquals("/CN=Eve\n{\"event\":\"forged\"}", line.get("who").asText());
    assertEquals("\u0000\"quoted\"\r\n", line.get("facts").get("signer").asText());
  }

  @Test
  void aValueIsBoundedWhateverWasSent() throws Exception {
    Path file = directory.resolve("audit.jsonl");
    // With a character of two halves just where it is cut.
    String sent = "x".repeat(AuditText.LONGEST - 1) + "\uD83D\uDE00".repeat(1 << 19);
    new JsonLinesAuditLog(file)
        .record(
            AuditEntry.of(Instant.EPOCH, "explain", AuditEntry.Outcome.REFUSED, sent)
                .by(sent)
                .fact("image", sent));
    assertTrue(Files.size(file) < 4 * AuditText.LONGEST, () -> "" + file.toFile().length());
    JsonNode line = new ObjectMapper().readTree(Files.readAllLines(file).get(0));
    for (JsonNode value : List.of(line.get("reason"), line.get("who"), line.at("/facts/image"))) {
      assertTrue(value.asText().endsWith("x... (" + sent.length() + " characters)"));
    }
  }

  @Test
  void linesOfManyThreadsDoNotMixAndRotationLosesNone() throws Exception {
    Path file = directory.resolve("audit.jsonl");
    Path rotated = directory.resolve("audit.jsonl.1");
    JsonLinesAuditLog log = new JsonLinesAuditLog(file);
    IntStream.range(0, 200)
        .parallel()
        .forEach(
            i -> {
              if (i == 100) {
                assertFalse(!file.toFile().renameTo(rotated.toFile()));
              }
              log.record(
                  AuditEntry.of(Instant.EPOCH, "e", AuditEntry.Outcome.DONE, "r".repeat(500)));
            });
    int lines = Files.readAllLines(file).size() + Files.readAllLines(rotated).size();
    assertEquals(200, lines);
    for (String line : Files.readAllLines(file)) {
      new ObjectMapper().readTree(line);
    }
  }

  @Test
  void whatCannotBeWrittenIsCountedAndDoesNotThrow() throws Exception {
    Path file = directory.resolve("audit.jsonl");
    JsonLinesAuditLog log = new JsonLinesAuditLog(file);
    Files.delete(file);
    Files.createDirectory(file);
    log.record(AuditEntry.of(Instant.EPOCH, "e", AuditEntry.Outcome.DONE, "r"));
    assertEquals(1, log.unwritten());
  }
}
