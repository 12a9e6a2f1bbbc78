package org.hospes.client.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyKind;
import org.hospes.trust.receipt.Excerpt;
import org.hospes.trust.receipt.ReceiptChains;
import org.hospes.wire.security.SecureServer;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Receipts as somebody fetches them, checked by the command that checks them. */
class ReceiptCommandTest {
  @TempDir static Path shared;
  private static final ScriptedPort port = new ScriptedPort();
  private static final Map<String, String> environment = new HashMap<>();
  private static WireSite site;
  private static Credential service;
  private static Credential node;

  @TempDir Path directory;
  private Path made;
  private final UUID workspace = UUID.fromString(ScriptedPort.ID);

  @BeforeAll
  static void raise() throws Exception {
    site = WireSite.create(shared.resolve("pki"));
    SecureServer server =
        site.start(
            site.server().signed("/workspace", port, WorkspacePort.class, "wsdl/workspace.wsdl"));
    service = site.pki().host("service.example.org");
    node = site.pki().host("node1.example.org");
    Credential ada = site.pki().user("Ada Physicist");
    environment.put("HOSPES_SERVICE", "https://localhost:" + server.port());
    environment.put("X509_CERT_DIR", site.pki().caDirectory().toString());
    environment.put(
        "X509_USER_PROXY",
        site.pki().writeProxy(site.pki().proxy(ada, ProxyKind.FULL), "proxy.pem").toString());
  }

  @BeforeEach
  void reset() throws IOException {
    port.reset();
    made = Files.createDirectory(directory.resolve("made"));
  }

  @AfterAll
  static void fell() throws Exception {
    site.close();
  }

  private TypedCommand.Outcome type(String... arguments) {
    return TypedCommand.type(environment, directory, arguments);
  }

  private TypedCommand.Outcome verify(List<Path> files) {
    List<String> words = new ArrayList<>(List.of("audit", "verify", "--service"));
    words.add(DistinguishedName.ofSubject(service.leaf()).slash());
    files.forEach(file -> words.add(file.toString()));
    return type(words.toArray(String[]::new));
  }

  /** Two boots of the workspace in two batches, and one of another's. */
  private ReceiptChains.Node booted(ReceiptChains chains) {
    ReceiptChains.Node boots = chains.node(node);
    boots.boot(workspace);
    boots.boot(UUID.randomUUID());
    boots.batch();
    boots.head();
    boots.boot(workspace);
    boots.batch();
    boots.head();
    return boots;
  }

  /** Two boots of the workspace, and between them one of another's. */
  private byte[] excerpt() throws IOException {
    return page(new ReceiptChains(made, service, Instant.now()), Excerpt.all(workspace));
  }

  private byte[] page(ReceiptChains chains, Excerpt opening) throws IOException {
    chains.watch(opening);
    try (ReceiptChains.Node boots = chains.stranger(node)) {
      boots.boot(workspace);
      boots.boot(UUID.randomUUID());
      boots.boot(workspace);
      boots.batch();
      chains.enrol(boots, node);
      boots.head();
    }
    return Files.readAllBytes(chains.writeExcerpt(true));
  }

  @Test
  void receiptsGoIntoAFileThatVerifies() throws Exception {
    port.excerpt = excerpt();
    Path file = directory.resolve("mine.jsonl");
    TypedCommand.Outcome got = type("receipt", "w", "--out", file.toString(), "-o", "json");
    assertEquals(0, got.exit(), got::toString);
    assertTrue(got.err().contains("written: " + file), got.err());
    JsonNode json = new ObjectMapper().readTree(got.out());
    assertEquals(2, json.size());
    assertEquals(workspace.toString(), json.at("/0/workspace").asText());
    assertEquals("base", json.at("/0/from").asText());
    assertEquals(3, json.at("/1/number").asInt());
    assertFalse(json.at("/1/countersignedAt").isNull());
    TypedCommand.Outcome verified = verify(List.of(file));
    assertEquals(0, verified.exit(), verified::toString);
    TypedCommand.Outcome again = type("receipt", "w", "--out", file.toString());
    assertEquals(2, again.exit(), again::toString);
  }

  @Test
  void allPagesGoIntoOneFileThatVerifies() throws Exception {
    ReceiptChains chains = new ReceiptChains(made, service, Instant.now());
    port.excerpts.put(0L, page(chains, new Excerpt(workspace, 0, Optional.of(2L))));
    port.excerpts.put(2L, page(chains, new Excerpt(workspace, 2, Optional.of(4L))));
    port.excerpts.put(4L, page(chains, new Excerpt(workspace, 4, Optional.empty())));
    Path file = directory.resolve("mine.jsonl");
    TypedCommand.Outcome got = type("receipt", "w", "--out", file.toString(), "-o", "json");
    assertEquals(0, got.exit(), got::toString);
    assertEquals(6, new ObjectMapper().readTree(got.out()).size());
    TypedCommand.Outcome verified = verify(List.of(file));
    assertEquals(0, verified.exit(), verified::toString);
    Path first = Files.write(directory.resolve("first.jsonl"), port.excerpts.get(0L));
    TypedCommand.Outcome part = verify(List.of(first));
    assertEquals(3, part.exit(), part::toString);
    assertTrue(part.out().contains("what comes after receipt 2"), part.out());
  }

  @Test
  void whatTheServiceDoubtsIsSaidFirst() throws Exception {
    List<String> lines =
        new ArrayList<>(new String(excerpt(), StandardCharsets.UTF_8).lines().toList());
    lines.add(2, "{\"doubt\":1,\"why\":\"never placed there\"}");
    port.excerpt = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    TypedCommand.Outcome got = type("receipt", "w");
    assertEquals(0, got.exit(), got::toString);
    assertTrue(got.out().startsWith("DOUBTED"), got.out());
    assertTrue(got.out().contains("never placed there"), got.out());
    assertEquals(1, got.out().split("DOUBTED", -1).length - 1);
  }

  @Test
  void peopleReadWhoAskedAndWhoSigned() throws Exception {
    port.excerpt = excerpt();
    TypedCommand.Outcome got = type("receipt", "w");
    assertEquals(0, got.exit(), got::toString);
    assertTrue(got.out().contains("/DC=org/DC=hospes/CN=Ada for demo"), got.out());
    assertTrue(got.out().contains("M\u00fcller (cms)"), got.out());
    assertTrue(got.out().contains("/DC=org/DC=hospes/CN=Olga"), got.out());
    port.excerpt = "{\"other\":1}\n".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    assertEquals(1, type("receipt", "w").exit());
    port.excerpt = null;
    assertEquals(3, type("receipt", "w").exit());
  }

  @Test
  void anExportVerifiesAndEndsWhereTheHeadsDo() throws Exception {
    ReceiptChains chains = new ReceiptChains(made, service, Instant.now());
    ReceiptChains.Node boots = booted(chains);
    port.chains.put("", Files.readAllBytes(chains.writeSealed()));
    boots.boot(workspace);
    boots.batch();
    boots.close();
    port.chains.put(boots.chain().toString(), Files.readAllBytes(boots.segments().get(0)));
    Path out = directory.resolve("export");
    TypedCommand.Outcome got = type("audit", "export", "--all", "--out", out.toString());
    assertEquals(0, got.exit(), got::toString);
    assertTrue(got.out().contains("--since 9"), got.out());
    List<Path> files;
    try (Stream<Path> all = Files.list(out)) {
      files = all.toList();
    }
    assertEquals(2, files.size());
    TypedCommand.Outcome verified = verify(files);
    assertEquals(0, verified.exit(), verified::toString);
    assertEquals(2, type("audit", "export", "--all", "--out", out.toString()).exit());
    assertEquals(0, type("audit", "export", "--since", "9", "--out", out.toString()).exit());
    assertEquals(2, type("audit", "export", "--out", out.toString()).exit());
  }

  @Test
  void anotherChainIsTakenOnlyWhenSaidInFull() {
    assertEquals(2, type("node", "enrol", "node1").exit());
    assertEquals(null, port.enrolled);
    TypedCommand.Outcome got = type("node", "enrol", "node1", "--new-chain");
    assertEquals(0, got.exit(), got::toString);
    assertEquals("node1", port.enrolled);
    assertTrue(got.out().contains("ends with receipt 7"), got.out());
  }
}
