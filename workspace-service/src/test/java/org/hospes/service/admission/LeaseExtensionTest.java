package org.hospes.service.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.hospes.service.workspace.InMemoryWorkspaceRepository;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Refusal.Category;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.SettableClock;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.trust.caller.Caller;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyKind;
import org.junit.jupiter.api.Test;

class LeaseExtensionTest {
  private final SettableClock clock = new SettableClock(Sample.START);
  private final InMemoryWorkspaceRepository store = new InMemoryWorkspaceRepository();
  private RunPolicy policy = SamplePolicy.of(3, 6, 4096 * Sample.MIB, Duration.ofDays(1));
  private final LeaseExtension extension =
      new LeaseExtension(new Rights(() -> policy, store), clock);

  private Workspace extended(DistinguishedName who, Workspace workspace, Instant end) {
    return extension.extended(caller(who), workspace, end, by -> {});
  }

  private static Caller caller(DistinguishedName dn) {
    return new Caller(dn, ProxyKind.FULL, List.of(), Instant.MAX);
  }

  private Workspace kept(String token) {
    return store.add(Sample.workspace(Sample.ADA, token), Sample.dossier());
  }

  private static Instant after(int hours) {
    return Sample.START.plus(Duration.ofHours(hours));
  }

  private Refusal refused(DistinguishedName who, Workspace workspace, Instant end) {
    return assertThrows(RefusedException.class, () -> extended(who, workspace, end)).refusal();
  }

  @Test
  void theEndMovesAndTheOwnerSeesWhoMovedIt() {
    Workspace longer = extended(Sample.ADA, kept("one"), after(6));
    assertEquals(after(6), longer.lease().ends());
    assertEquals(Sample.START, longer.lease().starts());
    assertEquals("EXTENDED", longer.timeline().get(1).what());
    assertEquals(Optional.of("extended by " + Sample.ADA.slash()), longer.timeline().get(1).note());
  }

  @Test
  void whatLastsLongEnoughStaysAsItIs() {
    Workspace workspace = kept("one");
    assertSame(workspace, extended(Sample.ADA, workspace, after(4)));
    assertSame(workspace, extended(Sample.ADA, workspace, after(1)));
  }

  @Test
  void theWholeLeaseIsHeldToTheLimitOfADeployment() {
    Workspace workspace = kept("one");
    assertEquals(after(24), extended(Sample.ADA, workspace, after(24)).lease().ends());
    clock.pass(Duration.ofHours(3));
    Refusal refusal = refused(Sample.ADA, workspace, after(24).plusMillis(1));
    assertEquals("quota.lease", refusal.code());
    assertEquals(Category.NOT_ALLOWED, refusal.category());
    assertEquals("quota.lease", refused(Sample.BOB, workspace, after(25)).code());
  }

  @Test
  void whoHasMoreThanTheQuotaNowExtendsNothing() {
    Workspace workspace = kept("one");
    kept("two");
    policy = SamplePolicy.of(2, 6, 4096 * Sample.MIB, Duration.ofDays(1));
    assertEquals(after(6), extended(Sample.ADA, workspace, after(6)).lease().ends());
    policy = SamplePolicy.of(1, 6, 4096 * Sample.MIB, Duration.ofDays(1));
    assertEquals("quota.workspaces", refused(Sample.ADA, workspace, after(6)).code());
  }

  @Test
  void whoMayNoLongerRunExtendsNothingButAnOperatorMay() {
    policy = policy.with(SamplePolicy.mapped(Sample.EVE));
    Workspace workspace = kept("one");
    assertEquals("caller.not-mapped", refused(Sample.ADA, workspace, after(6)).code());
    assertEquals(after(6), extended(Sample.BOB, workspace, after(6)).lease().ends());
  }

  @Test
  void aLeaseThatEndedStaysEnded() {
    Workspace workspace = kept("one");
    clock.pass(Duration.ofHours(4));
    Refusal over = refused(Sample.ADA, workspace, after(6));
    assertEquals("lease.over", over.code());
    assertEquals(Category.CONFLICT, over.category());
    assertEquals(
        "workspace.ended", refused(Sample.ADA, workspace.wantedGone("x"), after(6)).code());
  }

  @Test
  void aSilentNodeCouldNotBeTold() {
    Workspace unknown =
        kept("one")
            .placedOn("n1", "x", Sample.START)
            .moveTo(State.UNKNOWN, "n1 is silent", Sample.START);
    Refusal silent = refused(Sample.ADA, unknown, after(6));
    assertEquals("node.silent", silent.code());
    assertEquals(Category.SITE, silent.category());
  }

  @Test
  void aTimeIsNeeded() {
    assertEquals("request.invalid", refused(Sample.ADA, kept("one"), null).code());
  }
}
