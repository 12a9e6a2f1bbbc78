package org.hospes.client.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.receipt.ReceiptChains;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code workspace audit verify} as an auditor types it, by the real judge of certificates. */
class AuditCommandTest {
  @TempDir static Path dir;
  private static TestPki pki;
  private static Credential service;
  private static Credential node;
  private static String name;
  @TempDir Path folder;

  @BeforeAll
  static void raise() {
    pki = TestPki.create(dir.resolve("pki"));
    service = pki.host("service.example.org");
    node = pki.host("node1.example.org");
    name = DistinguishedName.ofSubject(service.leaf()).slash();
  }

  private List<Path> files(Instant begin, Credential signs, Credential boots) {
    ReceiptChains chains = new ReceiptChains(folder, signs, begin);
    List<Path> files;
    try (ReceiptChains.Node chain = chains.node(boots)) {
      chain.boot(UUID.randomUUID());
      chain.boot(UUID.randomUUID());
      chain.batch();
      chain.head();
      files = new ArrayList<>(chain.segments());
    }
    files.add(chains.writeSealed());
    return files;
  }

  private TypedCommand.Outcome verify(List<Path> files, String... more) {
    List<String> arguments = new ArrayList<>(List.of("audit", "verify"));
    arguments.addAll(List.of(more));
    files.forEach(file -> arguments.add(file.toString()));
    return TypedCommand.type(
        Map.of("X509_CERT_DIR", pki.caDirectory().toString()),
        dir,
        arguments.toArray(String[]::new));
  }

  @Test
  void saysThatTheyAreWhole() throws Exception {
    List<Path> files = files(Instant.now(), service, node);
    TypedCommand.Outcome outcome = verify(files, "--service", name, "-o", "json");
    assertEquals(0, outcome.exit(), outcome::toString);
    JsonNode json = new ObjectMapper().readTree(outcome.out());
    assertEquals("whole", json.get("verdict").asText());
    assertEquals(2, json.get("receipts").asInt());
    assertEquals(0, json.get("findings").size());
  }

  @Test
  void saysWhatIsAlteredAndWhere() throws Exception {
    List<Path> files = files(Instant.now(), service, node);
    Path receipts = files.get(0);
    Files.writeString(receipts, Files.readString(receipts).replaceFirst("CN=Ada", "CN=Eve"));
    TypedCommand.Outcome outcome = verify(files, "--service", name);
    assertEquals(4, outcome.exit(), outcome::toString);
    assertTrue(outcome.out().contains("altered"), outcome.out());
    assertTrue(outcome.out().contains(receipts + ":2"), outcome.out());
  }

  @Test
  void saysThatAHeadIsMissing() throws Exception {
    List<Path> files = files(Instant.now(), service, node);
    TypedCommand.Outcome outcome = verify(files.subList(0, 1), "--service", name);
    assertEquals(3, outcome.exit(), outcome::toString);
    assertTrue(outcome.out().contains("not shown complete"), outcome.out());
  }

  @Test
  void takesNoOtherServicesWord() {
    List<Path> files = files(Instant.now(), service, node);
    assertEquals(4, verify(files, "--service", "/DC=org/DC=hospes/CN=other.example.org").exit());
  }

  @Test
  void takesOldReceiptsWhoseKeysExpired() {
    Instant then = Instant.now().minus(Duration.ofDays(20));
    String of = "/DC=org/DC=hospes/CN=old.example.org";
    Instant end = then.plus(Duration.ofDays(2));
    Credential old = pki.issue(of, then.minus(Duration.ofDays(1)), end, "old.example.org");
    TypedCommand.Outcome outcome = verify(files(then, old, old), "--service", of);
    assertEquals(0, outcome.exit(), outcome::toString);
    Instant late = end.plus(Duration.ofDays(1));
    assertEquals(4, verify(files(late, old, old), "--service", of).exit());
  }

  @Test
  void aRevokedKeyIsGoodForWhatWasBefore() throws Exception {
    TestPki own = TestPki.create(folder.resolve("pki"));
    Credential lost = own.host("lost.example.org");
    String of = DistinguishedName.ofSubject(lost.leaf()).slash();
    String[] options = {"--service", of, "--ca-dir", own.caDirectory().toString()};
    List<Path> before = files(Instant.now().minus(Duration.ofMinutes(30)), lost, lost);
    own.revoke(lost);
    TypedCommand.Outcome outcome = verify(before, options);
    assertEquals(0, outcome.exit(), outcome::toString);
    assertTrue(outcome.out().contains("revoked since"), outcome.out());
    assertEquals(4, verify(files(Instant.now(), lost, lost), options).exit());
  }

  @Test
  void usageIsUsage() {
    List<Path> files = files(Instant.now(), service, node);
    assertEquals(2, verify(files).exit());
    assertEquals(2, verify(List.of(), "--service", name).exit());
    assertEquals(2, verify(files, "--service", "nobody").exit());
    assertEquals(2, verify(List.of(folder.resolve("missing")), "--service", name).exit());
    assertEquals(2, verify(files, "--service", name, "--ca-dir", "/nowhere").exit());
  }
}
