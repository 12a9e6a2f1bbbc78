package org.hospes.client.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.ProxyKind;
import org.hospes.trust.testpki.TestPki;
import org.hospes.trust.testpki.TestVoms;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code workspace credential check} as an operator types it. */
class CredentialCommandTest {
  private static final String ADA = "/DC=org/DC=hospes/CN=Ada Physicist";

  @TempDir static Path dir;
  private static TestPki pki;
  private static TestVoms voms;
  private static Credential ada;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeAll
  static void raise() {
    pki = TestPki.create(dir.resolve("pki"));
    voms = new TestVoms(pki, "voms.example.org");
    voms.writeLsc(dir.resolve("vomsdir"), "demo");
    ada = pki.user("Ada Physicist");
  }

  private TypedCommand.Outcome check(Path file, String... more) {
    environment.putIfAbsent("X509_CERT_DIR", pki.caDirectory().toString());
    environment.putIfAbsent("X509_VOMS_DIR", dir.resolve("vomsdir").toString());
    List<String> arguments = new ArrayList<>(List.of("credential", "check", file.toString()));
    arguments.addAll(List.of(more));
    return TypedCommand.type(environment, dir, arguments.toArray(String[]::new));
  }

  private JsonNode json(int exit, Path file, String... more) throws Exception {
    List<String> arguments = new ArrayList<>(List.of(more));
    arguments.addAll(List.of("-o", "json"));
    TypedCommand.Outcome outcome = check(file, arguments.toArray(String[]::new));
    assertEquals(exit, outcome.exit(), outcome::toString);
    return new ObjectMapper().readTree(outcome.out());
  }

  @Test
  void acceptsACertificateAlone() throws Exception {
    JsonNode json = json(0, pki.writeCertificate(ada, "alone.pem"));
    List<String> names = new ArrayList<>();
    json.fieldNames().forEachRemaining(names::add);
    assertEquals(List.of("accepted", "dn", "proxy", "fqans", "reasons"), names);
    assertTrue(json.get("accepted").asBoolean());
    assertEquals(ADA, json.get("dn").asText());
    assertTrue(json.get("proxy").isNull());
    assertEquals(0, json.get("fqans").size());
    assertEquals(0, json.get("reasons").size());
  }

  @Test
  void takesAProxyWithItsKeyAndWithout() throws Exception {
    Credential proxy = pki.proxy(voms.proxy(ada, "demo", "/demo/Role=prod"), ProxyKind.FULL);
    for (Path file :
        List.of(pki.writeProxy(proxy, "with.pem"), pki.writeCertificate(proxy, "without.pem"))) {
      JsonNode json = json(0, file);
      assertEquals("inherit-all", json.at("/proxy/kind").asText());
      assertEquals(2, json.at("/proxy/depth").asInt());
      assertFalse(json.at("/proxy/limited").asBoolean());
      assertEquals("/demo/Role=prod", json.at("/fqans/0").asText());
    }
    TypedCommand.Outcome outcome = check(dir.resolve("pki/with.pem"));
    assertTrue(outcome.out().contains("inherit-all, depth 2"), outcome.out());
    assertTrue(outcome.out().contains("/demo/Role=prod"), outcome.out());
  }

  @Test
  void refusesWithReasons() throws Exception {
    Path limited = pki.writeProxy(pki.proxy(ada, ProxyKind.LIMITED), "limited.pem");
    JsonNode json = json(4, limited);
    assertFalse(json.get("accepted").asBoolean());
    assertTrue(json.at("/proxy/limited").asBoolean());
    assertTrue(json.at("/reasons/0").asText().startsWith("caller.proxy.limited: "));
    assertEquals(0, check(limited, "--limited-proxies").exit());
    Path other = pki.otherCa().writeCertificate(pki.otherCa().user("Eve"), "eve.pem");
    assertTrue(json(4, other).at("/reasons/0").asText().startsWith("path.ca.unknown: "));
    TypedCommand.Outcome outcome = check(limited);
    assertTrue(outcome.out().contains("no"), outcome.out());
    assertEquals("", outcome.err());
  }

  @Test
  void looksWhereItIsTold() throws Exception {
    TestPki other = TestPki.create(dir.resolve("elsewhere"));
    Path file = other.writeCertificate(other.user("Bob"), "bob.pem");
    assertEquals(4, check(file).exit());
    assertEquals(0, check(file, "--ca-dir", other.caDirectory().toString()).exit());
    Path proxy = pki.writeProxy(voms.proxy(ada, "demo", "/demo"), "voms.pem");
    assertEquals(0, check(proxy).exit());
    assertEquals(4, check(proxy, "--vomsdir", dir.resolve("nowhere").toString()).exit());
  }

  @Test
  void judgesAtAnotherTime() throws Exception {
    Path file = pki.writeCertificate(ada, "ada.pem");
    Instant now = Instant.now();
    assertEquals(4, check(file, "--at", now.plus(Duration.ofDays(40)).toString()).exit());
    assertEquals(0, check(file, "--at", now.plus(Duration.ofDays(20)).toString()).exit());
    assertEquals(4, check(file, "--at", "2001-01-01").exit());
    assertEquals(4, check(file, "--at", "2001-01-01T10:00:00+02:00").exit());
    assertEquals(2, check(file, "--at", "yesterday").exit());
  }

  @Test
  void whatIsNotPemIsWrongUsage() throws Exception {
    Path text = Files.writeString(dir.resolve("text"), "no certificate at all\n");
    Path key = pki.writeKey(ada, "only-a-key.pem");
    Path binary = Files.write(dir.resolve("binary"), ada.leaf().getEncoded());
    Path torn =
        Files.writeString(
            dir.resolve("torn"),
            Files.readString(pki.writeCertificate(ada, "whole.pem")).substring(0, 300));
    Path forged =
        Files.writeString(
            dir.resolve("forged"),
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    for (Path file : List.of(text, key, binary, torn, forged, dir, dir.resolve("missing"))) {
      TypedCommand.Outcome outcome = check(file);
      assertEquals(2, outcome.exit(), outcome::toString);
      assertTrue(outcome.err().contains(file.toString()), outcome.err());
      assertEquals("", outcome.out());
    }
    assertEquals(2, check(pki.writeCertificate(ada, "a.pem"), "--ca-dir", "/nowhere").exit());
  }
}
