package org.hospes.node.sandbox;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.hospes.node.journal.ServiceMemory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what the service says it does not want, as long as it is the service that the guests came
 * from: one whose database is another, or came back older, is not obeyed in this.
 */
public final class Reaper {
  private static final Logger LOG = LoggerFactory.getLogger(Reaper.class);

  private final Guests guests;
  private final ServiceMemory memory;
  private final AuditTrail audit;

  public Reaper(Guests guests, ServiceMemory memory, AuditTrail audit) {
    this.guests = guests;
    this.memory = memory;
    this.audit = audit;
  }

  /** Takes note of who answers, and reaps what it names. */
  public void heard(String instance, long epoch, List<UUID> unwanted) {
    Optional<String> objection = memory.heard(instance, epoch);
    for (UUID id : unwanted) {
      if (guests.view(id).phase() == GuestPhase.ABSENT) {
        continue;
      }
      if (objection.isPresent()) {
        LOG.error("workspace={} NOT REAPED: {}", id, objection.get());
        audit.record(
            "guest.not-reaped", Map.of("workspace", id.toString(), "reason", objection.get()));
      } else {
        guests.dismiss(id, "the service does not want it");
      }
    }
  }
}
