package org.hospes.service.lifecycle;

import static org.hospes.service.lifecycle.WishesTest.refusal;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.Resources;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is refused of a migration before anything of it is saved. */
class MigrationRefusalTest {
  private static final String ADA = "/CN=Ada";
  private final DrivenSite site = new DrivenSite();

  @AfterEach
  void stop() {
    site.close();
  }

  private WorkspaceId running() {
    site.node("n1").start();
    return site.await(site.ask("t").id(), State.RUNNING).id();
  }

  private String asked(WorkspaceId id, String to) {
    long version = site.get(id).version();
    String code = refusal(() -> site.wishes().migrate(id, Optional.of(to), false, ADA));
    assertEquals(version, site.get(id).version(), "nothing was saved");
    return code;
  }

  /** The nodes register anew with what they say now. */
  private void again(String... names) {
    site.forgetNodes(names);
    site.cluster.beat();
    site.start();
  }

  @Test
  void theTargetMustBeThereAndOpen() {
    WorkspaceId id = running();
    assertEquals("node.not-found", asked(id, "n9"));
    site.node("n2");
    site.drains.drain("n2", Sample.EVE, site.clock.instant(), false);
    assertEquals("node.drained", asked(id, "n2"));
    site.drains.undrain("n2");
    site.cluster.cutOff("n2");
    site.pass(Duration.ofMinutes(1));
    assertEquals("node.silent", asked(id, "n2"));
    site.forgetNodes("n1", "n2");
    site.cluster.beat();
    site.start();
    assertEquals("node.silent", asked(id, "n2"), "it has not registered yet");
  }

  @Test
  void theTargetMustBeAbleToGoOnWithIt() {
    WorkspaceId id = running();
    site.node("n2");
    site.cluster.capabilities("n2", Set.of("stop", "suspend"));
    again("n1", "n2");
    assertEquals("node.incapable", asked(id, "n2"));
    site.cluster.capabilities("n2", Set.of("stop", "suspend", "migrate"));
    site.cluster.runsOn("n2", Optional.of("test"), Optional.of("test 2.0 on cpu64"));
    again("n1", "n2");
    assertEquals("node.differs", asked(id, "n2"));
    site.cluster.runsOn("n1", Optional.of("test"), Optional.empty());
    site.cluster.runsOn("n2", Optional.of("test"), Optional.empty());
    again("n1", "n2");
    assertEquals("node.differs", asked(id, "n2"), "who says nothing takes no memory over");
    site.cluster.runsOn("n2", Optional.of("other"), Optional.empty());
    again("n1", "n2");
    assertEquals(
        "node.differs", refusal(() -> site.wishes().migrate(id, Optional.of("n2"), true, ADA)));
  }

  @Test
  void theTargetMustHaveRoom() {
    WorkspaceId id = running();
    site.node("n2", new Resources(8, 128 * Sample.MIB, 100L << 30));
    assertEquals("capacity.no-room", asked(id, "n2"));
    // The disk holds the image and its memory while it is on its way.
    site.node("n3", new Resources(8, 8L << 30, 300 * Sample.MIB));
    assertEquals("capacity.no-room", asked(id, "n3"));
    site.wishes().stop(id, Duration.ofSeconds(1), ADA);
    site.await(id, State.STOPPED);
    site.wishes().migrate(id, Optional.of("n3"), false, ADA);
    site.await(id, w -> w.node().equals(Optional.of("n3")), "it to be moved without memory");
  }

  @Test
  void whereNoNodeCanTakeItEachSaysWhy() {
    WorkspaceId id = running();
    RefusedException alone =
        assertThrows(
            RefusedException.class, () -> site.wishes().migrate(id, Optional.empty(), false, ADA));
    assertEquals("migration.no-target", alone.refusal().code());
    assertTrue(alone.getMessage().contains("there is no other"), alone.getMessage());
    site.node("n2", new Resources(8, 128 * Sample.MIB, 100L << 30)).node("n3");
    site.drains.drain("n3", Sample.EVE, site.clock.instant(), false);
    Refusal refusal =
        assertThrows(
                RefusedException.class,
                () -> site.wishes().migrate(id, Optional.empty(), false, ADA))
            .refusal();
    assertEquals(Refusal.Category.NO_CAPACITY, refusal.category());
    assertEquals("capacity.no-room", refusal.facts().get("n2"));
    assertEquals("node.drained", refusal.facts().get("n3"));
  }

  @Test
  void whatCannotBeSuspendedIsMovedOnlyColdAndTheAdviceSaysSo() {
    WorkspaceId id = running();
    site.node("n2");
    site.cluster.capabilities("n1", Set.of("stop", "migrate"));
    again("n1", "n2");
    Refusal refusal =
        assertThrows(
                RefusedException.class,
                () -> site.wishes().migrate(id, Optional.of("n2"), false, ADA))
            .refusal();
    assertEquals("node.incapable", refusal.code());
    assertEquals("suspend", refusal.facts().get("expected"));
    assertTrue(refusal.advice().orElse("").contains("--cold"), refusal.advice().orElse(""));
    site.cluster.capabilities("n1", Set.of("stop", "suspend"));
    again("n1", "n2");
    assertEquals("node.incapable", asked(id, "n2"));
  }

  @Test
  void oneWishAtATimeAndTheSameOneIsAnswered() {
    WorkspaceId id = running();
    site.node("n2").node("n3");
    site.cluster.slowToReceive("n2", 1_000_000);
    site.wishes().migrate(id, Optional.of("n2"), false, ADA);
    site.until(() -> site.cluster.phase("n2", id) == GuestPhase.RECEIVING, "it to be received");
    long version = site.get(id).version();
    site.wishes().migrate(id, Optional.of("n2"), false, ADA);
    site.wishes().migrate(id, Optional.empty(), false, ADA);
    assertEquals(version, site.get(id).version(), "it is on its way");
    assertEquals("workspace.busy", asked(id, "n3"));
    assertEquals("workspace.busy", asked(id, "n1"));
    assertEquals("workspace.busy", refusal(() -> site.wishes().resume(id, ADA)));
    site.cluster.slowToReceive("n2", 0);
    Workspace moved =
        site.await(
            id,
            w ->
                w.node().equals(Optional.of("n2"))
                    && w.state() == State.RUNNING
                    && w.migrations().leftOn().isEmpty(),
            "it to be there");
    site.wishes().migrate(id, Optional.of("n2"), false, ADA);
    assertEquals(moved.version(), site.get(id).version(), "it is there");
  }

  @Test
  void onlyWhatIsAtRestOrRunsIsMoved() {
    WorkspaceId id = running();
    site.node("n2");
    site.wishes().pause(id, ADA);
    site.await(id, State.PAUSED);
    assertEquals("workspace.state", asked(id, "n2"));
    site.wishes().resume(id, ADA);
    site.await(id, State.RUNNING);
    site.cluster.slowToStop("n1");
    site.wishes().stop(id, Duration.ofSeconds(1), ADA);
    assertEquals("workspace.busy", asked(id, "n2"));
    site.driver().destroy(id, ADA);
    assertEquals(
        "workspace.ended",
        refusal(() -> site.wishes().migrate(id, Optional.of("n2"), false, ADA)),
        "whether it is gone yet or not");
    site.await(id, State.DESTROYED);
    assertEquals("workspace.ended", asked(id, "n2"));
  }
}
