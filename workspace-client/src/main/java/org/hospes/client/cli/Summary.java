package org.hospes.client.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.hospes.client.DecisionView;
import org.hospes.client.WorkspaceView;
import org.hospes.settings.ByteSize;

/** A workspace for people. */
final class Summary {
  private static final Set<String> OFF = Set.of("STOPPED", "PAUSED", "SUSPENDED");

  private Summary() {}

  static void print(WorkspaceView w, PrintStream out) {
    line(out, "id", w.id());
    line(out, "name", w.name());
    line(out, "state", w.state() + coming(w));
    line(out, "reason", w.reason());
    line(out, "image", w.image().name() + "@" + w.image().digest());
    line(out, "signed by", w.image().signer() + " (" + w.image().form() + ")");
    line(out, "size", w.cpus() + " cpu, " + ByteSize.format(w.memoryBytes()) + scratch(w));
    line(out, "node", node(w));
    line(out, "left on", String.join(", ", w.leftOn()));
    line(out, "address", w.address());
    line(out, "forwards", forwards(w));
    line(out, "owner", w.owner() + vo(w));
    line(out, "lease ends", w.leaseEnds());
    line(out, "on crash", w.onCrash() == null ? null : w.onCrash().toLowerCase(Locale.ROOT));
    if (w.refusal() != null) {
      line(out, "refused", w.refusal().code() + ": " + w.refusal().message());
      w.refusal().facts().forEach((name, value) -> lines(out, "  " + name, value));
      line(out, "  advice", w.refusal().advice());
    }
    if (w.setback() != null) {
      line(out, "not done", w.setback().code() + ": " + w.setback().message());
      w.setback().facts().forEach((name, value) -> lines(out, "  " + name, value));
      line(out, "  advice", w.setback().advice());
    }
    if (w.imageRefusal() != null) {
      line(
          out,
          "image refused",
          w.imageRefusal().code() + ": " + w.imageRefusal().message() + "; it does not boot again");
      w.imageRefusal().facts().forEach((name, value) -> lines(out, "  " + name, value));
      line(out, "  advice", w.imageRefusal().advice());
    }
    for (WorkspaceView.Snapshot s : w.snapshots()) {
      line(
          out,
          "snapshot",
          s.name()
              + ", taken "
              + s.takenAt()
              + ", "
              + ByteSize.format(s.bytes())
              + (s.memory() ? ", with memory" : "")
              + (s.current() ? ", as the disk is now" : ""));
    }
    if (w.savedDisk() != null) {
      line(
          out,
          "saved disk",
          ByteSize.format(w.savedDisk().bytes())
              + ", made "
              + w.savedDisk().madeAt()
              + ", "
              + w.savedDisk().digest());
    }
    if (w.crash() != null) {
      line(out, "crashed", w.crash().at());
      lines(out, "  console", w.crash().console());
    }
    Instant first = null;
    for (WorkspaceView.Moment moment : w.timeline()) {
      first = first == null ? moment.at() : first;
      double after = Duration.between(first, moment.at()).toMillis() / 1000.0;
      line(
          out,
          "  " + moment.state().toLowerCase(Locale.ROOT),
          String.format("%s  +%.1f s", moment.at(), after)
              + (moment.note() == null ? "" : "  " + moment.note()));
    }
  }

  /** Which rule says what. */
  static void print(DecisionView d, PrintStream out) {
    String who = d.function().equals("RUN") ? "run" : "image";
    line(out, who, (d.accepted() ? "accepted" : "refused") + " by " + d.rule());
    line(out, "  rule at", d.source());
    line(out, "  policy", d.policy());
    if (!d.accepted()) {
      line(out, "  code", d.code());
      lines(out, "  why", d.message());
    }
  }

  /** Where it is on its way to. */
  private static String coming(WorkspaceView w) {
    return switch (w.goal()) {
      case "DESTROY" -> w.ended() ? "" : " (to be destroyed)";
      case "STOP" -> w.state().equals("STOPPED") ? "" : " (to be stopped)";
      case "REBOOT" -> " (to be rebooted)";
      case "MIGRATE" -> " (to be moved)";
      case "SNAPSHOT" -> " (a snapshot is being taken)";
      case "ROLLBACK" -> " (to be rolled back)";
      case "DELETE_SNAPSHOT" -> " (a snapshot is being deleted)";
      case "FLATTEN" -> " (its disk is being made one file)";
      case "PAUSE" -> w.state().equals("PAUSED") ? "" : " (to be paused)";
      case "SUSPEND" -> w.state().equals("SUSPENDED") ? "" : " (to be suspended)";
      default -> OFF.contains(w.state()) ? " (to run again)" : "";
    };
  }

  /** Where it is, and where it goes. */
  static String node(WorkspaceView w) {
    return w.migration() == null ? w.node() : w.node() + " -> " + w.migration().to();
  }

  static String forwards(WorkspaceView w) {
    return w.forwards().stream()
        .map(
            f ->
                (f.hostAddress() == null ? "" : f.hostAddress() + ":")
                    + (f.hostPort() == null ? "?" : f.hostPort())
                    + "->"
                    + f.guestPort())
        .collect(Collectors.joining(" "));
  }

  private static String scratch(WorkspaceView w) {
    return w.scratchBytes() == 0 ? "" : ", scratch " + ByteSize.format(w.scratchBytes());
  }

  private static String vo(WorkspaceView w) {
    return w.virtualOrganisation() == null ? "" : " of " + w.virtualOrganisation();
  }

  /** What has lines of its own is printed so, its name before the first. */
  private static void lines(PrintStream out, String name, String value) {
    String[] each = value.split("\n");
    for (int i = 0; i < each.length; i++) {
      line(out, i == 0 ? name : "", each[i]);
    }
  }

  static void line(PrintStream out, String name, Object value) {
    if (value != null && !value.toString().isEmpty()) {
      out.println(
          String.format("%-20s ", Terminal.line(name).replace('_', ' '))
              + Terminal.line(value.toString()));
    }
  }
}
