package org.hospes.node.hypervisor;

import static org.hospes.node.hypervisor.HypervisorContract.assertKind;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.junit.jupiter.api.Test;

/** The part of {@link HypervisorContract} on what guests are held to. */
public interface LimitsContract {
  Hypervisor hypervisor();

  GuestSpec guest() throws Exception;

  @Test
  default void aGuestIsHeldToItsLimitsBeforeItRunsAndWhileItRuns() throws Exception {
    GuestSpec spec = guest();
    try {
      hypervisor().startPaused(spec);
      assertEquals(GuestLimits.NONE, hypervisor().limits(spec.id()));
      GuestLimits first = limits(30, 1 << 20);
      hypervisor().limit(spec.id(), first);
      assertEquals(first, hypervisor().limits(spec.id()));
      hypervisor().limit(spec.id(), first);
      hypervisor().resume(spec.id());
      assertEquals(first, hypervisor().limits(spec.id()));
      GuestLimits other = limits(100, 3_000_000);
      hypervisor().limit(spec.id(), other);
      assertEquals(other, hypervisor().limits(spec.id()));
      hypervisor().limit(spec.id(), GuestLimits.NONE);
      assertEquals(GuestLimits.NONE, hypervisor().limits(spec.id()));
    } finally {
      hypervisor().destroy(spec.id());
    }
    assertKind(Kind.NOT_FOUND, () -> hypervisor().limits(spec.id()));
    assertKind(Kind.NOT_FOUND, () -> hypervisor().limit(spec.id(), limits(30, 1 << 20)));
  }

  @Test
  default void whatCannotBeKeptIsRefusedAndSaidBeforehand() throws Exception {
    GuestSpec spec = guest();
    try {
      hypervisor().startPaused(spec);
      for (Limit kind : Limit.values()) {
        GuestLimits wanted =
            kind == Limit.CPU_CAP
                ? new GuestLimits(OptionalInt.of(30), OptionalLong.empty())
                : new GuestLimits(OptionalInt.empty(), OptionalLong.of(1 << 20));
        if (!can(kind)) {
          assertKind(Kind.REFUSED, () -> hypervisor().limit(spec.id(), wanted));
          assertEquals(GuestLimits.NONE, hypervisor().limits(spec.id()));
        } else {
          assertTrue(hypervisor().capabilities().limits().contains(kind));
          hypervisor().limit(spec.id(), wanted);
          assertEquals(wanted, hypervisor().limits(spec.id()));
          hypervisor().limit(spec.id(), GuestLimits.NONE);
        }
      }
    } finally {
      hypervisor().destroy(spec.id());
    }
  }

  private boolean can(Limit kind) throws HypervisorException {
    try {
      hypervisor().requireLimits(Set.of(kind));
      return true;
    } catch (HypervisorException e) {
      assertEquals(Kind.REFUSED, e.kind(), e.getMessage());
      return false;
    }
  }

  /** Of these, what guests can be held to here. */
  private GuestLimits limits(int cpuPercent, long diskRate) throws HypervisorException {
    return new GuestLimits(
        can(Limit.CPU_CAP) ? OptionalInt.of(cpuPercent) : OptionalInt.empty(),
        can(Limit.DISK_RATE) ? OptionalLong.of(diskRate) : OptionalLong.empty());
  }
}
