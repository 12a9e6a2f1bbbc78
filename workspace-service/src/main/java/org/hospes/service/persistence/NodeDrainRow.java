package org.hospes.service.persistence;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;

/** A node that takes no new workspaces. */
@Entity(name = "NodeDrainRow")
@Table(name = "node_drain")
class NodeDrainRow {
  @Id String node;

  @Column(name = "by_dn")
  String by;

  Instant since;
  boolean migrate;

  /** For Hibernate. */
  NodeDrainRow() {}

  NodeDrainRow(String node, String by, Instant since) {
    this.node = node;
    this.by = by;
    this.since = since;
  }
}
