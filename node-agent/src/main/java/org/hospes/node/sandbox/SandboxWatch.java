package org.hospes.node.sandbox;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.network.GuestNetwork;
import org.hospes.node.network.NetworkRefusedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks, over and over, whether the rules around running guests still stand and whether these are
 * still held to what they may take, and has both put back when somebody changed them. On a thread
 * of its own, so that no lease waits for it.
 */
public final class SandboxWatch {
  private static final Logger LOG = LoggerFactory.getLogger(SandboxWatch.class);

  private final GuestNetwork network;
  private final Restraints restraints;
  private final Guests guests;
  private final AuditTrail audit;
  private final Counter restored;
  private volatile Optional<String> warning = Optional.empty();

  public SandboxWatch(
      GuestNetwork network,
      Restraints restraints,
      Guests guests,
      AuditTrail audit,
      MeterRegistry meters) {
    this.network = network;
    this.restraints = restraints;
    this.guests = guests;
    this.audit = audit;
    this.restored =
        Counter.builder("hospes_sandbox_restored")
            .description("times that rules or limits of running guests had to be put back")
            .register(meters);
  }

  /** Looks once. Never throws. */
  public void look() {
    try {
      network.uphold().ifPresent(this::wasRestored);
      restraints.uphold(quiet()).ifPresent(this::wasRestored);
      warning = Optional.empty();
    } catch (NetworkRefusedException e) {
      complain("the guests' sandbox cannot be upheld: " + e.getMessage());
    } catch (HypervisorException e) {
      complain("the guests' limits cannot be upheld: " + e.getMessage());
    } catch (Throwable e) {
      // The next look must come, whatever this one met.
      LOG.error("a look at the sandboxes failed", e);
      complain("a look at the sandboxes failed: " + e);
    }
  }

  /** Without those that a worker may be holding to new settings right now. */
  private List<GuestRecord> quiet() {
    return guests.journal().all().stream().filter(record -> !guests.busy(record.id())).toList();
  }

  /** What is wrong now; empty when all is well. */
  public Optional<String> warning() {
    return warning;
  }

  private void wasRestored(String difference) {
    LOG.error("the sandbox of running guests was altered and is put back: {}", difference);
    audit.record("sandbox.restored", Map.of("found", difference));
    restored.increment();
  }

  private void complain(String what) {
    if (!warning.equals(Optional.of(what))) {
      LOG.error(what);
    }
    warning = Optional.of(what);
  }
}
