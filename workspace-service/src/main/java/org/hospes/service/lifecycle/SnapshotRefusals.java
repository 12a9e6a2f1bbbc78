package org.hospes.service.lifecycle;

import java.util.regex.Pattern;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.Snapshot;
import org.hospes.service.workspace.Workspace;

/** What is refused of snapshots before anything is saved. */
final class SnapshotRefusals {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  private SnapshotRefusals() {}

  static void requireName(String name) {
    if (name == null || !NAME.matcher(name).matches()) {
      throw Refusal.of(
              Refusal.Category.INVALID,
              "request.invalid",
              "name: expected letters, digits, dot, underscore and hyphen, beginning with a letter"
                  + " or a digit, at most 64")
          .fact("name", String.valueOf(name))
          .toException();
    }
  }

  static void requireThere(Workspace workspace, String name) {
    if (workspace.snapshots().find(name).isEmpty()) {
      throw Refusal.of(
              Refusal.Category.NOT_FOUND,
              "snapshot.absent",
              "workspace " + workspace.id() + " has no snapshot " + name)
          .advice("see which there are: workspace snapshot list " + workspace.id())
          .fact("workspace", workspace.id())
          .fact("found", workspace.snapshots().kept().stream().map(Snapshot::name).toList())
          .toException();
    }
  }

  /** The name is that of a snapshot of other disks. */
  static RefusedException taken(Workspace workspace, Snapshot there) {
    return Refusal.of(
            Refusal.Category.CONFLICT,
            "snapshot.exists",
            "workspace "
                + workspace.id()
                + " has a snapshot "
                + there.name()
                + " already, of another state of its disk")
        .advice("choose another name, or delete it first")
        .fact("workspace", workspace.id())
        .fact("snapshot", there.name())
        .fact("takenAt", there.takenAt())
        .toException();
  }
}
