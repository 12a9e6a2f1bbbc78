package org.hospes.service.receipt;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.receipt.Receipt;

/**
 * Receipts that say a guest ran where the service never placed it. They are the node's signed word,
 * and stay what they are; but the word of one node does not stand as a boot of what was always on
 * others. A node that had the workspace once is believed, also long after: it may have been cut off
 * when it wrote. So is one whose workspace the service does not know from its beginning on.
 */
final class Doubts {
  /** For people who read the receipt. */
  static final String WHY = "the service never placed this workspace on that node";

  private final Placements placements;

  Doubts(Placements placements) {
    this.placements = placements;
  }

  /** Those of the receipts' workspaces that were never on that node, and where they were. */
  Map<WorkspaceId, Set<String>> about(String node, List<Receipt> receipts) {
    Set<WorkspaceId> named = new TreeSet<>();
    receipts.forEach(receipt -> named.add(new WorkspaceId(receipt.workspace())));
    Map<WorkspaceId, Set<String>> elsewhere = new HashMap<>(placements.of(named));
    elsewhere.values().removeIf(nodes -> nodes.contains(node));
    return elsewhere;
  }
}
