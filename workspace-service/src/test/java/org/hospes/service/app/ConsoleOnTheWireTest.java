package org.hospes.service.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.hospes.contract.ConsoleChannel;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.workspace.Destroy;
import org.hospes.contract.workspace.Pause;
import org.hospes.contract.workspace.ReadConsole;
import org.hospes.contract.workspace.Stop;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.contract.workspace.WorkspaceState;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.security.RawConnection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Typing on a guest's console through the whole service, down to a node that writes it back. */
@Timeout(300)
class ConsoleOnTheWireTest {
  @TempDir Path directory;
  private ServiceSite site;
  private WorkspacePort ada;

  @BeforeEach
  void start() throws Exception {
    site = new ServiceSite(directory);
    site.start();
    site.register();
    ada = site.as(site.ada);
  }

  @AfterEach
  void stop() throws Exception {
    site.close();
  }

  private String running() throws Exception {
    String id = ada.deploy(ServiceSite.deploy("sl6")).getWorkspace().getId();
    ServiceSite.await(ada, id, WorkspaceState.RUNNING);
    return id;
  }

  private RawConnection attach(Credential who, String id, boolean force) throws IOException {
    return site.client(who)
        .upgrade(
            ConsoleChannel.atService(site.uri("/workspace"), id, force),
            ConsoleChannel.PROTOCOL,
            ServiceSite.LOCALHOST);
  }

  private RefusalException refused(Credential who, String id) {
    return assertThrows(RefusalException.class, () -> attach(who, id, false));
  }

  private static void type(RawConnection console, String text) throws IOException {
    byte[] bytes = text.getBytes(UTF_8);
    console.write(bytes, 0, bytes.length);
  }

  private static String hear(RawConnection console, String until) throws IOException {
    ByteArrayOutputStream heard = new ByteArrayOutputStream();
    byte[] piece = new byte[4096];
    while (!heard.toString(UTF_8).contains(until)) {
      int n = console.read(piece);
      assertTrue(n > 0, "ended after: " + heard);
      heard.write(piece, 0, n);
    }
    return heard.toString(UTF_8);
  }

  private static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
    T found = queue.poll(60, TimeUnit.SECONDS);
    assertTrue(found != null, "nothing came");
    return found;
  }

  @Test
  void whatIsTypedComesBackAndItIsTakenDown() throws Exception {
    String id = running();
    RawConnection console = attach(site.ada, id, false);
    type(console, "uname -a\r");
    assertEquals("uname -a\r", hear(console, "\r"));
    TestNodeConsole.Asked asked = next(site.consoles.asked);
    assertEquals("/" + id, asked.path());
    assertEquals("/DC=org/DC=hospes/CN=Ada Physicist", asked.holder());
    assertEquals("nobody", asked.over());
    // A session that is open takes none of what serves SOAP.
    ServiceSite.describe(ada, id);
    console.close();
    assertEquals("end", next(site.consoles.ends));
    String audit = site.awaitAudit("console.detach");
    assertTrue(audit.contains("\"event\":\"console.attach\",\"outcome\":\"ACCEPTED\""), audit);
    assertTrue(audit.contains("\"bytes.typed\":\"9\""), audit);
    assertTrue(audit.contains("\"bytes.shown\":\"9\""), audit);
  }

  @Test
  void whoMayNotIsToldWhy() throws Exception {
    String id = running();
    Credential limited = site.pki.proxy(site.ada, ProxyKind.LIMITED);
    assertEquals("caller.proxy.limited", refused(limited, id).code());
    RefusalException notHers = refused(site.eve, id);
    assertEquals(FaultCategory.NOT_FOUND, notHers.category());
    assertEquals("workspace.not-found", notHers.code());
    assertEquals("workspace.not-found", refused(site.ada, "" + UUID.randomUUID()).code());
    assertEquals("request.invalid", refused(site.ada, "mine").code());
    Stranger.asks(site.uri("/console/" + id));
    String audit = site.awaitAudit("tls.no-certificate");
    assertEquals(
        4, audit.split("\"event\":\"console.attach\",\"outcome\":\"REFUSED\"", -1).length - 1);
    assertEquals(0, site.consoles.asked.size(), "the node was not troubled");
  }

  @Test
  void aGuestThatIsPausedHasAConsoleAndOneThatIsOffHasNone() throws Exception {
    String id = running();
    Pause pause = new Pause();
    pause.setId(id);
    ada.pause(pause);
    ServiceSite.await(ada, id, WorkspaceState.PAUSED);
    attach(site.ada, id, false).close();
    String second = running();
    Stop stop = new Stop();
    stop.setId(second);
    ada.stop(stop);
    ServiceSite.await(ada, second, WorkspaceState.STOPPED);
    RefusalException refusal = refused(site.ada, second);
    assertEquals(FaultCategory.CONFLICT, refusal.category());
    assertEquals("workspace.state", refusal.code());
    assertEquals("STOPPED", refusal.facts().get("state"));
  }

  @Test
  void whatTheNodeRefusesIsToldAndWhoForcesTakesOverOwnOnly() throws Exception {
    String id = running();
    site.consoles.refuseNext =
        RefusalException.of(FaultCategory.CONFLICT, "console.attached", "somebody is on it")
            .fact("attached", "/DC=org/CN=Somebody")
            .advice("ask them");
    RefusalException refusal = refused(site.ada, id);
    assertEquals("console.attached", refusal.code());
    assertEquals("/DC=org/CN=Somebody", refusal.facts().get("attached"));
    assertEquals("ask them", refusal.advice().orElseThrow());
    site.consoles.asked.clear();
    attach(site.ada, id, true).close();
    assertEquals("self", next(site.consoles.asked).over());
    attach(site.olga, id, true).close();
    TestNodeConsole.Asked operator = next(site.consoles.asked);
    assertEquals("anybody", operator.over());
    assertEquals("/DC=org/DC=hospes/CN=Olga Operator", operator.holder());
    assertTrue(site.awaitAudit("the caller operates the site").contains("console.attach"));
  }

  @Test
  void aNodeThatBreaksOffIsNoOrderlyEnd() throws Exception {
    RawConnection console = attach(site.ada, running(), false);
    next(site.consoles.open).abort();
    assertTrue(hear(console, "]").contains("node node1 broke the connection off"));
    assertThrows(IOException.class, () -> console.read(new byte[8]));
    site.awaitAudit("console.detach");
  }

  @Test
  void aCallerThatVanishesFreesTheConsole() throws Exception {
    RawConnection console = attach(site.ada, running(), false);
    type(console, "x");
    hear(console, "x");
    console.abort();
    next(site.consoles.ends);
    site.awaitAudit("console.detach");
  }

  @Test
  void theEndOfTheWorkspaceOrOfTheServiceIsTheEndOfTheConsole() throws Exception {
    String id = running();
    RawConnection console = attach(site.ada, id, false);
    RawConnection other = attach(site.ada, running(), false);
    Destroy destroy = new Destroy();
    destroy.setId(id);
    ada.destroy(destroy);
    // The node of this test keeps its side open; the service sees to it all the same.
    assertTrue(hear(console, "]").contains("the workspace ended"));
    assertEquals(-1, console.read(new byte[8]));
    site.stop();
    assertTrue(hear(other, "]").contains("the service stops"));
  }

  @Test
  void onePersonHasNotAll() throws Exception {
    String id = running();
    List<RawConnection> all = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      all.add(attach(site.ada, id, false));
    }
    RefusalException refusal = refused(site.ada, id);
    assertEquals(FaultCategory.NO_CAPACITY, refusal.category());
    assertEquals("console.too-many", refusal.code());
    attach(site.olga, id, true).close();
    all.forEach(RawConnection::close);
  }

  @Test
  void anOwnerWhoMayNoLongerRunHereIsLetGoAndNotAttachedAgain() throws Exception {
    String id = running();
    RawConnection console = attach(site.ada, id, false);
    site.write("grid-mapfile", ServiceSite.mapfile("Eve Other"));
    assertTrue(hear(console, "]").contains("it is not in the grid-mapfile"));
    assertEquals(-1, console.read(new byte[8]));
    assertEquals("caller.not-mapped", refused(site.ada, id).code());
    ReadConsole read = new ReadConsole();
    read.setId(id);
    assertEquals("login: ", new String(ada.readConsole(read).getChunk().getBytes(), UTF_8));
    Destroy destroy = new Destroy();
    destroy.setId(id);
    ada.destroy(destroy);
  }

  @Test
  void anOwnerWhomARuleRefusesIsNotAttached() throws Exception {
    String id = running();
    RawConnection console = attach(site.ada, id, false);
    site.write(
        "service-access.yaml",
        ServiceSite.access("node1.example.org")
            + "run:\n  rules:\n"
            + "    - {id: banned, dn: \"/DC=org/DC=hospes/CN=Ada Physicist\", refuse: true}\n"
            + "    - {id: mapped, mapfile: true}\n");
    assertTrue(hear(console, "]").contains("a rule of this site refuses"));
    assertEquals("caller.refused", refused(site.ada, id).code());
    attach(site.olga, id, true).close();
  }

  @Test
  void aCallerWhoIsNoLongerLetInIsLetGo() throws Exception {
    RawConnection console = attach(site.olga, running(), false);
    site.write(
        "service-access.yaml", ServiceSite.access("node1.example.org").replace("Olga", "Nobody"));
    assertTrue(hear(console, "]").contains("no longer yours"));
  }
}
