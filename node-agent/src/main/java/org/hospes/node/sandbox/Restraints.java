package org.hospes.node.sandbox;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hospes.node.hypervisor.GuestLimits;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.hospes.node.hypervisor.Limit;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HookName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds guests to what the node lets one take of processors and disks. Before its first instruction
 * a guest is held to it and that is read back; of one that runs it is put back when somebody
 * changed it. Guests that run when the agent comes back are held to its settings as they are then.
 */
public final class Restraints {
  private static final Logger LOG = LoggerFactory.getLogger(Restraints.class);

  private final Hypervisor hypervisor;
  private final GuestCaps caps;

  public Restraints(Hypervisor hypervisor, GuestCaps caps) {
    this.hypervisor = hypervisor;
    this.caps = caps;
  }

  /**
   * Makes sure that this node can keep what its settings say.
   *
   * @throws HypervisorException naming the setting that it cannot keep, and why
   */
  public void require() throws HypervisorException {
    if (caps.cpuPercent().isPresent()) {
      require(Limit.CPU_CAP, "limits.guest-cpu-cap");
    }
    if (caps.diskRate().isPresent()) {
      require(Limit.DISK_RATE, "limits.guest-disk-rate");
    }
  }

  private void require(Limit kind, String setting) throws HypervisorException {
    try {
      hypervisor.requireLimits(Set.of(kind));
    } catch (HypervisorException e) {
      if (e.kind() != Kind.REFUSED) {
        throw e;
      }
      throw new HypervisorException(
          e.kind(),
          setting + " is set, but " + e.getMessage() + "; or leave the setting out",
          e.facts(),
          e);
    }
  }

  /** Holds a guest to what it may take. */
  void settle(GuestRecord record) throws GuestFailedException {
    GuestLimits wanted = caps.of(record.order());
    boolean free = wanted.equals(GuestLimits.NONE);
    if (free && !record.has(HookName.RESUMED)) {
      // As it was created.
      return;
    }
    try {
      hypervisor.limit(record.id(), wanted);
    } catch (HypervisorException e) {
      if (!free) {
        throw GuestFailedException.of(e);
      }
      LOG.warn(
          "workspace={} may be held to limits that no longer are: {}", record.id(), e.getMessage());
    }
  }

  /** Reads back from where it is kept what a guest is held to; refuses when that differs. */
  void readBack(GuestRecord record) throws GuestFailedException {
    GuestLimits wanted = caps.of(record.order());
    if (wanted.equals(GuestLimits.NONE)) {
      return;
    }
    try {
      GuestLimits found = hypervisor.limits(record.id());
      if (!found.equals(wanted)) {
        throw GuestFailedException.refused(
            Failure.of(
                    Failure.Category.SITE,
                    "sandbox.limits.differ",
                    "the guest is not held to what this node lets it take")
                .fact("expected", wanted.toString())
                .fact("found", found.toString()));
      }
    } catch (HypervisorException e) {
      throw GuestFailedException.of(e);
    }
  }

  /**
   * Puts back what somebody changed of guests that run.
   *
   * @return what was found changed; empty when nothing was
   * @throws HypervisorException when a guest could not be looked at or not be held
   */
  Optional<String> uphold(Collection<GuestRecord> guests) throws HypervisorException {
    if (caps.equals(GuestCaps.NONE)) {
      return Optional.empty();
    }
    List<String> differences = new ArrayList<>();
    HypervisorException last = null;
    for (GuestRecord record : guests) {
      if (GuestPhase.alive(record)) {
        try {
          uphold(record).ifPresent(differences::add);
        } catch (HypervisorException e) {
          // One that is just ending is held by nobody; and none keeps the others waiting.
          last = e.kind() == Kind.NOT_FOUND ? last : e;
        }
      }
    }
    if (last != null) {
      throw last;
    }
    return differences.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", differences));
  }

  private Optional<String> uphold(GuestRecord record) throws HypervisorException {
    GuestLimits wanted = caps.of(record.order());
    GuestLimits found = hypervisor.limits(record.id());
    if (found.equals(wanted)) {
      return Optional.empty();
    }
    hypervisor.limit(record.id(), wanted);
    return Optional.of(
        "guest " + record.id() + " was held to " + found + " where it may have " + wanted);
  }
}
