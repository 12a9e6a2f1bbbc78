package org.hospes.service.persistence;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import org.hospes.service.workspace.WorkspaceId;

/** That a workspace was once on a node, or on its way there. */
@Entity(name = "PlacementRow")
@Table(name = "placement")
class PlacementRow {
  @Id String id;

  @Column(name = "workspace_id")
  String workspaceId;

  String node;

  /** For Hibernate. */
  protected PlacementRow() {}

  PlacementRow(WorkspaceId workspace, String node) {
    id = workspace + "/" + node;
    workspaceId = workspace.toString();
    this.node = node;
  }
}
