package org.hospes.service.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.hospes.contract.common.Crash;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.common.OnCrash;
import org.hospes.contract.node.GuestPhase;
import org.hospes.contract.workspace.Deploy;
import org.hospes.contract.workspace.Extend;
import org.hospes.contract.workspace.ListNodes;
import org.hospes.contract.workspace.ListWorkspaces;
import org.hospes.contract.workspace.Pause;
import org.hospes.contract.workspace.Reboot;
import org.hospes.contract.workspace.Resume;
import org.hospes.contract.workspace.SnapshotRequest;
import org.hospes.contract.workspace.Start;
import org.hospes.contract.workspace.Stop;
import org.hospes.contract.workspace.Suspend;
import org.hospes.contract.workspace.Workspace;
import org.hospes.contract.workspace.WorkspaceGoal;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.contract.workspace.WorkspaceState;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.refusal.Refusals;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What is asked of a workspace that is there, signed and over TLS, down to the node's port. */
@Timeout(300)
class VerbsOnTheWireTest {
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

  private static Extend extend(String id, Instant end) {
    Extend request = new Extend();
    request.setId(id);
    request.setLeaseEnds(end);
    return request;
  }

  private static Stop stop(String id) {
    Stop request = new Stop();
    request.setId(id);
    request.setGraceSeconds(45);
    return request;
  }

  private static Start start(String id) {
    Start request = new Start();
    request.setId(id);
    return request;
  }

  private static RefusalException refused(Executable call) {
    Exception thrown = assertThrows(Exception.class, call);
    return Refusals.of(thrown).orElseThrow(() -> new AssertionError("no refusal", thrown));
  }

  @Test
  void aLeaseMovesAtTheServiceAndAtTheNode() throws Exception {
    String id = running();
    Instant end = ServiceSite.describe(ada, id).getLeaseEnds().plusSeconds(1800);
    assertEquals(end, ada.extend(extend(id, end)).getWorkspace().getLeaseEnds());
    assertEquals(end, ada.extend(extend(id, end)).getWorkspace().getLeaseEnds());
    long patience = System.nanoTime() + ServiceSite.PATIENCE.toNanos();
    while (!end.equals(site.agent.guests.get(id).getLeaseEnds()) && System.nanoTime() < patience) {
      Thread.sleep(50);
    }
    assertEquals(end, site.agent.guests.get(id).getLeaseEnds());
    Workspace shown = ServiceSite.describe(ada, id);
    assertEquals(WorkspaceState.RUNNING, shown.getState());
    assertEquals(
        1, shown.getMoment().stream().filter(m -> m.getState().equals("EXTENDED")).count());
    assertEquals(
        FaultCategory.NOT_ALLOWED,
        refused(() -> ada.extend(extend(id, end.plusSeconds(1 << 25)))).category());
    WorkspacePort eve = site.as(site.eve);
    assertEquals(
        FaultCategory.NOT_FOUND,
        refused(() -> eve.extend(extend(id, end.plusSeconds(60)))).category());
  }

  @Test
  void aWorkspaceIsStoppedAndStartedAgain() throws Exception {
    String id = running();
    assertEquals(WorkspaceGoal.STOP, ada.stop(stop(id)).getWorkspace().getGoal());
    ServiceSite.await(ada, id, WorkspaceState.STOPPED);
    assertEquals(GuestPhase.STOPPED, site.agent.guests.get(id).getPhase());
    assertEquals(45, site.agent.lastGrace);
    assertEquals(WorkspaceState.STOPPED, ada.stop(stop(id)).getWorkspace().getState());
    WorkspacePort eve = site.as(site.eve);
    assertEquals(FaultCategory.NOT_FOUND, refused(() -> eve.start(start(id))).category());
    ada.start(start(id));
    ServiceSite.await(ada, id, WorkspaceState.RUNNING);
    assertEquals(1, site.agent.startsAgain.get(id));
    assertEquals(1, site.agent.boots.get(id));
    String audit = Files.readString(directory.resolve("audit.jsonl"));
    for (String event : List.of("stop", "start")) {
      assertTrue(audit.contains("\"event\":\"" + event + "\",\"outcome\":\"ACCEPTED\""), audit);
    }
    assertTrue(audit.contains("\"event\":\"start\",\"outcome\":\"REFUSED\""), audit);
  }

  @Test
  void aWorkspaceIsRebootedByOneWish() throws Exception {
    String id = running();
    Reboot reboot = new Reboot();
    reboot.setId(id);
    reboot.setGraceSeconds(20);
    assertEquals(WorkspaceGoal.REBOOT, ada.reboot(reboot).getWorkspace().getGoal());
    ServiceSite.await(
        ada, id, w -> w.getState() == WorkspaceState.RUNNING && w.getGoal() == WorkspaceGoal.RUN);
    assertEquals(20, site.agent.lastGrace);
    assertEquals(1, site.agent.startsAgain.get(id));
    reboot.setGraceSeconds(-1);
    assertEquals("request.invalid", refused(() -> ada.reboot(reboot)).code());
    String audit = Files.readString(directory.resolve("audit.jsonl"));
    assertTrue(audit.contains("\"event\":\"reboot\",\"outcome\":\"ACCEPTED\""), audit);
  }

  @Test
  void aWorkspaceIsPausedAndResumed() throws Exception {
    String id = running();
    Pause pause = new Pause();
    pause.setId(id);
    assertEquals(WorkspaceGoal.PAUSE, ada.pause(pause).getWorkspace().getGoal());
    ServiceSite.await(ada, id, WorkspaceState.PAUSED);
    assertEquals("workspace.state", refused(() -> ada.stop(stop(id))).code());
    Resume resume = new Resume();
    resume.setId(id);
    ada.resume(resume);
    ServiceSite.await(ada, id, WorkspaceState.RUNNING);
    assertEquals(1, site.agent.boots.get(id));
  }

  private static SnapshotRequest snapshot(String id, String name) {
    SnapshotRequest request = new SnapshotRequest();
    request.setId(id);
    request.setName(name);
    return request;
  }

  private String atRest(String id) throws Exception {
    ServiceSite.await(
        ada, id, w -> w.getState() == WorkspaceState.STOPPED && w.getGoal() == WorkspaceGoal.STOP);
    return id;
  }

  @Test
  void snapshotsAreTakenRolledBackToAndDeleted() throws Exception {
    String id = running();
    assertEquals("workspace.state", refused(() -> ada.snapshot(snapshot(id, "a"))).code());
    ada.stop(stop(id));
    atRest(id);
    assertEquals(WorkspaceGoal.SNAPSHOT, ada.snapshot(snapshot(id, "a")).getWorkspace().getGoal());
    atRest(id);
    assertTrue(ServiceSite.describe(ada, id).getSnapshot().get(0).isCurrent());
    assertEquals(
        WorkspaceGoal.STOP, ada.snapshot(snapshot(id, "a")).getWorkspace().getGoal(), "it is so");
    ada.start(start(id));
    ServiceSite.await(ada, id, WorkspaceState.RUNNING);
    ada.stop(stop(id));
    atRest(id);
    RefusalException other = refused(() -> ada.snapshot(snapshot(id, "a")));
    assertEquals(FaultCategory.CONFLICT, other.category());
    assertEquals("snapshot.exists", other.code());
    ada.rollback(snapshot(id, "a"));
    atRest(id);
    Workspace back = ServiceSite.describe(ada, id);
    assertTrue(back.getSnapshot().get(0).isCurrent());
    assertTrue(back.getReason().contains("snapshot a"), back.getReason());
    assertEquals(
        FaultCategory.NOT_FOUND, refused(() -> ada.rollback(snapshot(id, "b"))).category());
    assertEquals(
        FaultCategory.NOT_FOUND,
        refused(() -> site.as(site.eve).deleteSnapshot(snapshot(id, "a"))).category());
    assertEquals(
        FaultCategory.INVALID, refused(() -> ada.snapshot(snapshot(id, "../a"))).category());
    ada.deleteSnapshot(snapshot(id, "a"));
    atRest(id);
    assertEquals(List.of(), ServiceSite.describe(ada, id).getSnapshot());
    assertEquals(3, site.agent.snapshotWishes.get(id));
    String audit = Files.readString(directory.resolve("audit.jsonl"));
    for (String event : List.of("snapshot", "rollback", "delete-snapshot")) {
      assertTrue(audit.contains("\"event\":\"" + event + "\",\"outcome\":\"ACCEPTED\""), audit);
    }
  }

  @Test
  void aSnapshotThatTheNodeCannotTakeIsToldAndCostsNothing() throws Exception {
    String id = running();
    ada.stop(stop(id));
    atRest(id);
    site.agent.failNextSnapshot =
        RefusalException.of(FaultCategory.NO_CAPACITY, "disk.no-space", "no room for a copy")
            .fact("found", "12");
    ada.snapshot(snapshot(id, "a"));
    atRest(id);
    Workspace stopped = ServiceSite.describe(ada, id);
    assertEquals("disk.no-space", stopped.getSetback().getCode());
    assertEquals(FaultCategory.NO_CAPACITY, stopped.getSetback().getCategory());
    assertTrue(stopped.getReason().endsWith("was not taken: no room for a copy"));
    assertEquals(List.of(), stopped.getSnapshot());
    ada.start(start(id));
    ServiceSite.await(ada, id, WorkspaceState.RUNNING);
    assertNull(ServiceSite.describe(ada, id).getSetback());
  }

  @Test
  void aWorkspaceIsSuspendedAndResumed() throws Exception {
    String id = running();
    Suspend suspend = new Suspend();
    suspend.setId(id);
    assertEquals(WorkspaceGoal.SUSPEND, ada.suspend(suspend).getWorkspace().getGoal());
    ServiceSite.await(ada, id, WorkspaceState.SUSPENDED);
    assertEquals("workspace.state", refused(() -> ada.start(start(id))).code());
    Resume resume = new Resume();
    resume.setId(id);
    ada.resume(resume);
    ServiceSite.await(ada, id, WorkspaceState.RUNNING);
    assertEquals(1, site.agent.boots.get(id));
  }

  @Test
  void whatBecomesOfACrashIsOrderedAtTheNodeAndToldByIt() throws Exception {
    Deploy deploy = ServiceSite.deploy("sl6");
    deploy.setOnCrash(OnCrash.RESTART);
    String id = ada.deploy(deploy).getWorkspace().getId();
    assertEquals(OnCrash.RESTART, ServiceSite.await(ada, id, WorkspaceState.RUNNING).getOnCrash());
    assertEquals(OnCrash.RESTART, site.agent.orders.get(id).getOnCrash());
    Crash crash = new Crash();
    crash.setAt(Instant.parse("2026-11-20T11:00:00Z"));
    crash.setConsole("Kernel panic\nlast line");
    site.agent.guests.get(id).setCrash(crash);
    site.beat();
    Workspace told = ServiceSite.await(ada, id, w -> w.getCrash() != null);
    assertEquals("Kernel panic\nlast line", told.getCrash().getConsole());
    assertEquals(WorkspaceState.RUNNING, told.getState());
  }

  @Test
  void whyAnImageWouldBeRefusedNowIsToldOfTheWorkspaceThatRunsFromIt() throws Exception {
    String id = ada.deploy(ServiceSite.deploy("sl6")).getWorkspace().getId();
    ServiceSite.await(ada, id, WorkspaceState.RUNNING);
    site.agent
        .guests
        .get(id)
        .setImageRefusal(
            RefusalException.of(
                    FaultCategory.IMAGE_REFUSED, "image.signer.path", "Bob Builder was revoked")
                .toXml());
    site.beat();
    Workspace told = ServiceSite.await(ada, id, w -> w.getImageRefusal() != null);
    assertEquals("image.signer.path", told.getImageRefusal().getCode());
    assertEquals(WorkspaceState.RUNNING, told.getState());
    Workspace listed = ada.listWorkspaces(new ListWorkspaces()).getWorkspace().get(0);
    assertEquals("Bob Builder was revoked", listed.getImageRefusal().getMessage());
    site.agent.guests.get(id).setImageRefusal(null);
    site.beat();
    ServiceSite.await(ada, id, w -> w.getImageRefusal() == null);
  }

  @Test
  void aStateThatDoesNotAllowItIsAConflictThatSaysSo() throws Exception {
    String id = ada.deploy(ServiceSite.deploy("sl6")).getWorkspace().getId();
    ServiceSite.await(ada, id, WorkspaceState.RUNNING);
    ada.stop(stop(id));
    ServiceSite.await(ada, id, WorkspaceState.STOPPED);
    site.agent.guests.get(id).setPhase(GuestPhase.FAILED);
    site.beat();
    ServiceSite.await(ada, id, WorkspaceState.FAILED);
    RefusalException gone = refused(() -> ada.start(start(id)));
    assertEquals(FaultCategory.CONFLICT, gone.category());
    assertEquals("workspace.ended", gone.code());
  }

  @Test
  void nodesSayWhatTheyCanDo() throws Exception {
    assertEquals(
        List.of("ahead", "attach", "migrate", "pause", "snapshot", "stop", "suspend"),
        ada.listNodes(new ListNodes()).getNode().get(0).getCapability());
  }
}
