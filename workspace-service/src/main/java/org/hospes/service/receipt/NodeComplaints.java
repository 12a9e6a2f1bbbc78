package org.hospes.service.receipt;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.hospes.service.audit.AuditEntry;
import org.hospes.service.audit.AuditLog;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.path.DistinguishedName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Nodes whose receipts are not countersigned, each told of when it begins and when it changes; and
 * nodes whose receipts are, but say what cannot be, each told of once.
 */
final class NodeComplaints {
  static final String ADVICE =
      "find out why before anything else: its files may have been altered, or come from a backup;"
          + " then see 'Receipts of boots' in the operators' manual";

  private static final Logger LOG = LoggerFactory.getLogger(NodeComplaints.class);

  private final AuditLog audit;
  private final Clock clock;
  private final Map<String, String> refusals = new TreeMap<>();
  private final Map<String, String> reports = new TreeMap<>();
  private final Map<String, String> doubts = new TreeMap<>();

  NodeComplaints(AuditLog audit, Clock clock) {
    this.audit = audit;
    this.clock = clock;
  }

  /** Its lines were refused; gives back what to throw. */
  RefusedException refused(String name, DistinguishedName node, Refusal refusal) {
    tell(refusals, name, node, refusal.code(), refusal.message());
    return refusal.toException();
  }

  /** What it reports does not fit to what is kept. */
  void inconsistent(String name, DistinguishedName node, String what) {
    tell(reports, name, node, "receipts.report", "node " + name + " " + what);
  }

  private synchronized void tell(
      Map<String, String> kind, String name, DistinguishedName node, String code, String message) {
    String before = kind.put(name, message);
    if (!message.equals(before)) {
      LOG.error("node={} ITS RECEIPTS ARE NOT COUNTERSIGNED: {}", name, message);
      audit.record(
          AuditEntry.of(clock.instant(), "receipts.refused", AuditEntry.Outcome.REFUSED, code)
              .by(node)
              .fact("node", name)
              .fact("message", message));
    }
  }

  /** It wrote of a boot of what was never placed on it; said until an operator renews its chain. */
  synchronized void doubted(
      String name, DistinguishedName node, WorkspaceId workspace, Set<String> where) {
    String message =
        "node "
            + name
            + " wrote that workspace "
            + workspace
            + " was booted there, which was only ever placed on "
            + String.join(", ", new TreeSet<>(where));
    if (doubts.putIfAbsent(node.slash(), message) == null) {
      LOG.error("node={} ITS RECEIPTS ARE DOUBTED: {}", name, message);
      audit.record(
          AuditEntry.of(
                  clock.instant(),
                  "receipts.doubted",
                  AuditEntry.Outcome.DONE,
                  "countersigned as the node's word, and marked where it is given out")
              .by(node)
              .about(workspace)
              .fact("node", name)
              .fact("message", message));
    }
  }

  /** An operator looked after it. */
  synchronized void renewed(DistinguishedName node) {
    doubts.remove(node.slash());
  }

  /** Its lines were taken. */
  synchronized void settled(String name) {
    refusals.remove(name);
    reports.remove(name);
  }

  /** What it reports fits. */
  synchronized void consistent(String name) {
    reports.remove(name);
  }

  synchronized Optional<String> told() {
    Map<String, String> all = new TreeMap<>(reports);
    all.putAll(refusals);
    List<String> told = new ArrayList<>();
    if (!all.isEmpty()) {
      told.add("RECEIPTS ARE NOT COUNTERSIGNED: " + String.join("; ", all.values()));
    }
    if (!doubts.isEmpty()) {
      told.add("RECEIPTS ARE DOUBTED: " + String.join("; ", doubts.values()));
    }
    return told.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", told) + "; " + ADVICE);
  }
}
