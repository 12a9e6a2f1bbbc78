package org.hospes.service.node;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hospes.service.workspace.WorkspaceId;

/**
 * What must never be, whatever fails: one guest alive on two nodes, and one that goes on from
 * something older than what it left last. Nodes in memory tell it what they do.
 */
final class Lives {
  private final Map<WorkspaceId, String> alive = new HashMap<>();
  private final Map<WorkspaceId, Integer> newest = new HashMap<>();
  private final Map<String, Integer> kept = new HashMap<>();
  private final List<String> violations = new ArrayList<>();

  /** Its processors run on that node from now on. */
  void begins(String node, WorkspaceId id) {
    String other = alive.put(id, node);
    if (other != null && !other.equals(node)) {
      violations.add(id + " runs on " + node + " and on " + other);
    }
    int last = newest.getOrDefault(id, 0);
    int here = kept.getOrDefault(node + id, 0);
    if (other == null && here != last) {
      violations.add(id + " goes on from state " + here + " on " + node + "; its last is " + last);
    }
  }

  /** They do no longer; what it left is kept there. */
  void rests(String node, WorkspaceId id) {
    if (alive.remove(id, node)) {
      kept.put(node + id, newest.merge(id, 1, Integer::sum));
    }
  }

  /** A node has what another one kept. */
  void copied(String from, String to, WorkspaceId id) {
    kept.put(to + id, kept.getOrDefault(from + id, 0));
  }

  /** Nothing of it is left on that node. */
  void gone(String node, WorkspaceId id) {
    alive.remove(id, node);
    kept.remove(node + id);
  }

  List<String> violations() {
    return List.copyOf(violations);
  }
}
