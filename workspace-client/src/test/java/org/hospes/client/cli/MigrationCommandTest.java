package org.hospes.client.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.Map;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.contract.workspace.WorkspaceState;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.security.SecureServer;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is typed to move workspaces, and to empty nodes. */
class MigrationCommandTest {
  @TempDir static Path shared;
  private static WireSite site;
  private static Map<String, String> environment;
  private static final ScriptedPort port = new ScriptedPort();

  @TempDir Path directory;
  private TypedCommand.Outcome last;

  @BeforeAll
  static void raise() throws Exception {
    site = WireSite.create(shared.resolve("pki"));
    SecureServer server =
        site.start(
            site.server().signed("/workspace", port, WorkspacePort.class, "wsdl/workspace.wsdl"));
    Credential ada = site.pki().user("Ada Physicist");
    environment =
        Map.of(
            "HOSPES_SERVICE",
            "https://localhost:" + server.port(),
            "X509_CERT_DIR",
            site.pki().caDirectory().toString(),
            "X509_USER_PROXY",
            site.pki().writeProxy(site.pki().proxy(ada, ProxyKind.FULL), "proxy.pem").toString());
  }

  @BeforeEach
  void reset() {
    port.reset();
  }

  @AfterAll
  static void fell() throws Exception {
    site.close();
  }

  private int workspace(String... arguments) {
    last = TypedCommand.type(environment, directory, arguments);
    return last.exit();
  }

  private String printed() {
    return last.out();
  }

  private String complained() {
    return last.err();
  }

  @Test
  void aWorkspaceIsMovedAndSaysFromWhereToWhere() throws Exception {
    port.state = WorkspaceState.RUNNING;
    assertEquals(0, workspace("migrate", "w", "--to", "node2"), this::complained);
    assertTrue(printed().contains("RUNNING (to be moved)"), printed());
    assertTrue(printed().contains("node1 -> node2"), printed());
    assertEquals("node2", port.migrated.getTo());
    assertFalse(port.migrated.isCold());
    assertEquals(0, workspace("migrate", "w", "--to", "node2", "--cold", "--wait", "-o", "json"));
    assertTrue(port.migrated.isCold());
    assertEquals("node2", new ObjectMapper().readTree(printed()).at("/node").asText());
    port.deaf = true;
    assertEquals(7, workspace("migrate", "w", "--wait", "--timeout", "1ms"));
    assertNull(port.migrated.getTo());
    assertEquals(0, workspace("list"));
    assertTrue(printed().contains("node1 -> node2"), printed());
    assertEquals(0, workspace("show", "w", "-o", "json"));
    assertEquals("node2", new ObjectMapper().readTree(printed()).at("/migration/to").asText());
  }

  @Test
  void aMigrationOfWhichNothingCameSaysWhy() {
    port.state = WorkspaceState.RUNNING;
    port.setback =
        RefusalException.of(
            FaultCategory.IMAGE_REFUSED, "image.signer.untrusted", "node2 does not trust it");
    assertEquals(5, workspace("migrate", "w", "--to", "node2", "--wait"));
    assertTrue(complained().contains("code: image.signer.untrusted"), complained());
    assertEquals(0, workspace("migrate", "w", "--to", "node2"), "nothing is known of it yet");
  }

  @Test
  void aNodeIsEmptiedAndSaysWhoStays() throws Exception {
    port.looksUntilEmpty = 2;
    assertEquals(0, workspace("node", "drain", "node1", "--migrate"), this::complained);
    assertTrue(printed().contains("1 is on it still, 1 leaving now"), printed());
    assertEquals(0, workspace("node", "drain", "node1", "--migrate", "--wait"), this::complained);
    assertTrue(printed().contains("0 are on it still"), printed());
    assertEquals(0, workspace("node", "list"), this::complained);
    assertTrue(printed().contains("EMPTIED"), printed());
    port.stays.put(
        ScriptedPort.ID,
        RefusalException.of(FaultCategory.CONFLICT, "workspace.state", "it is PAUSED"));
    assertEquals(8, workspace("node", "drain", "node1", "--migrate", "--wait", "-o", "json"));
    assertEquals(
        "workspace.state", new ObjectMapper().readTree(printed()).at("/stays/0/why/code").asText());
    assertEquals(0, workspace("node", "drain", "node1", "--migrate"));
    assertTrue(printed().contains("(sl6) stays: it is PAUSED"), printed());
    assertEquals(2, workspace("node", "drain", "node1", "--wait"));
  }
}
