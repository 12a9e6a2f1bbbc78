package org.hospes.service.audit;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** An audit log that can be read. */
public final class InMemoryAuditLog implements AuditLog {
  private final List<AuditEntry> entries = new CopyOnWriteArrayList<>();

  @Override
  public void record(AuditEntry entry) {
    entries.add(entry);
  }

  /** All that was recorded about an event. */
  public List<AuditEntry> of(String event) {
    return entries.stream().filter(e -> e.event().equals(event)).toList();
  }
}
