package org.hospes.service.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.hospes.contract.GuestFiles;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.node.FlatDisk;
import org.hospes.contract.workspace.Save;
import org.hospes.contract.workspace.Start;
import org.hospes.contract.workspace.Stop;
import org.hospes.contract.workspace.Workspace;
import org.hospes.contract.workspace.WorkspaceGoal;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.contract.workspace.WorkspaceState;
import org.hospes.image.Digest;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.bytes.PartialRequest;
import org.hospes.wire.refusal.RefusalException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A disk from its node through the whole service to who may have it. */
@Timeout(300)
class DiskOnTheWireTest {
  @TempDir Path directory;
  private ServiceSite site;
  private WorkspacePort ada;
  private byte[] disk;

  @BeforeEach
  void start() throws Exception {
    site = new ServiceSite(directory);
    site.start();
    site.register();
    ada = site.as(site.ada);
    holds(500_000);
  }

  @AfterEach
  void stop() throws Exception {
    site.close();
  }

  private void holds(int bytes) throws Exception {
    disk = new byte[bytes];
    new Random(bytes).nextBytes(disk);
    site.files.file = disk;
    site.files.digest = Digest.sha256(MessageDigest.getInstance("SHA-256").digest(disk));
    FlatDisk flat = new FlatDisk();
    flat.setName("saved");
    flat.setMadeAt(Instant.parse("2026-11-20T11:00:00Z"));
    flat.setBytes(bytes);
    flat.setDigest(site.files.digest.toString());
    site.agent.flat = flat;
  }

  private String stopped() throws Exception {
    String id = ada.deploy(ServiceSite.deploy("sl6")).getWorkspace().getId();
    ServiceSite.await(ada, id, WorkspaceState.RUNNING);
    Stop stop = new Stop();
    stop.setId(id);
    stop.setGraceSeconds(1);
    ada.stop(stop);
    ServiceSite.await(ada, id, WorkspaceState.STOPPED);
    return id;
  }

  private String saved() throws Exception {
    String id = stopped();
    Save save = new Save();
    save.setId(id);
    assertEquals(WorkspaceGoal.FLATTEN, ada.save(save).getWorkspace().getGoal());
    Workspace there = ServiceSite.await(ada, id, w -> w.getGoal() == WorkspaceGoal.STOP);
    assertEquals(disk.length, there.getSavedDisk().getBytes());
    assertEquals(site.files.digest.toString(), there.getSavedDisk().getDigest());
    return id;
  }

  private URI address(String id) {
    return GuestFiles.atService(site.uri("/workspace"), id, site.files.digest.toString());
  }

  private InputStream open(Credential who, String id, long from) throws IOException {
    return new PartialRequest(
            site.client(who).sslContext(ServiceSite.LOCALHOST), Duration.ofSeconds(60))
        .open(address(id), from, disk.length);
  }

  private RefusalException refused(Credential who, String id) {
    return assertThrows(RefusalException.class, () -> open(who, id, 0).close());
  }

  @Test
  void aDiskArrivesAsItIsAndEveryFetchIsTakenDown() throws Exception {
    String id = saved();
    try (InputStream bytes = open(site.ada, id, 0)) {
      assertArrayEquals(disk, bytes.readAllBytes());
    }
    assertEquals(
        "/" + id + "/files/flat?digest=" + site.files.digest + " bytes=0-499999",
        site.files.asked.take());
    try (InputStream rest = open(site.ada, id, 400_000)) {
      assertArrayEquals(Arrays.copyOfRange(disk, 400_000, 500_000), rest.readAllBytes());
    }
    try (InputStream operators = open(site.olga, id, 499_999)) {
      assertEquals(disk[499_999], (byte) operators.read());
    }
    String audit =
        site.awaitAudit(
            "\"event\":\"disk.fetched\",\"outcome\":\"DONE\"",
            "\"offset\":\"400000\",\"bytes\":\"100000\"",
            "\"offset\":\"499999\"");
    assertTrue(audit.contains("\"event\":\"disk.fetch\",\"outcome\":\"ACCEPTED\""), audit);
  }

  @Test
  void whoMayNotIsToldWhyAndTheNodeIsNotTroubled() throws Exception {
    String id = saved();
    assertEquals(
        "caller.proxy.limited", refused(site.pki.proxy(site.ada, ProxyKind.LIMITED), id).code());
    assertEquals("workspace.not-found", refused(site.eve, id).code());
    assertEquals("workspace.not-found", refused(site.ada, "" + UUID.randomUUID()).code());
    assertEquals("request.invalid", refused(site.ada, "mine").code());
    Stranger.asks(site.uri(GuestFiles.DISK + id));
    String audit = site.awaitAudit("tls.no-certificate");
    assertEquals(4, audit.split("\"event\":\"disk.fetch\",\"outcome\":\"REFUSED\"", -1).length - 1);
    assertEquals(0, site.files.asked.size());
  }

  @Test
  void withoutADiskThatIsReadyOrWithAnotherThereIsNone() throws Exception {
    RefusalException none = refused(site.ada, stopped());
    assertEquals("disk.absent", none.code());
    assertEquals(FaultCategory.NOT_FOUND, none.category());
    String id = saved();
    URI before = address(id);
    holds(1000);
    Start start = new Start();
    start.setId(id);
    ada.start(start);
    ServiceSite.await(ada, id, WorkspaceState.RUNNING);
    assertEquals("disk.absent", refused(site.ada, id).code());
    Stop stop = new Stop();
    stop.setId(id);
    ada.stop(stop);
    ServiceSite.await(ada, id, WorkspaceState.STOPPED);
    Save save = new Save();
    save.setId(id);
    ada.save(save);
    ServiceSite.await(
        ada, id, w -> w.getSavedDisk() != null && w.getSavedDisk().getBytes() == 1000);
    PartialRequest requests =
        new PartialRequest(
            site.client(site.ada).sslContext(ServiceSite.LOCALHOST), Duration.ofSeconds(60));
    RefusalException changed =
        assertThrows(RefusalException.class, () -> requests.open(before, 10, 500_000).close());
    assertEquals("disk.changed", changed.code());
  }

  @Test
  void whatTheNodeSaysIsPassedOnAndWhatItBreaksOffIsCutOff() throws Exception {
    String id = saved();
    site.files.refuseNext =
        RefusalException.of(FaultCategory.NOT_FOUND, "file.absent", "it is gone");
    assertEquals("file.absent", refused(site.ada, id).code());
    site.files.refuseNext =
        RefusalException.of(FaultCategory.NOT_ALLOWED, "node.caller", "not you");
    assertEquals("node.unreachable", refused(site.ada, id).code());
    site.files.breakNextAfter = 300_000;
    ByteArrayOutputStream arrived = new ByteArrayOutputStream();
    try (InputStream bytes = open(site.ada, id, 0)) {
      assertThrows(IOException.class, () -> bytes.transferTo(arrived));
    }
    assertTrue(arrived.size() <= 300_000, "no byte was made up");
    try (InputStream rest = open(site.ada, id, arrived.size())) {
      rest.transferTo(arrived);
    }
    assertArrayEquals(disk, arrived.toByteArray());
    assertTrue(
        site.awaitAudit("broke off").contains("\"event\":\"disk.fetched\",\"outcome\":\"FAILED\""));
  }

  @Test
  void onePersonFetchesTwoAtOnce() throws Exception {
    holds(64 << 20);
    String id = saved();
    List<InputStream> unread = new ArrayList<>();
    try {
      unread.add(open(site.ada, id, 0));
      unread.add(open(site.ada, id, 0));
      RefusalException third = refused(site.ada, id);
      assertEquals("disk.too-many", third.code());
      assertEquals(FaultCategory.NO_CAPACITY, third.category());
      open(site.olga, id, 0).close();
    } finally {
      for (InputStream stream : unread) {
        stream.close();
      }
    }
  }
}
