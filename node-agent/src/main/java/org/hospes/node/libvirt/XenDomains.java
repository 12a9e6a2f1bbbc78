package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hospes.node.hypervisor.GuestSpec;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;

/**
 * The domains that Xen has, as its own toolstack {@code xl} lists them. Libvirt knows of those only
 * that it started and lived to write down.
 */
final class XenDomains {
  /** Much more than it takes: a domain's memory is wiped page by page. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static final long PAUSE_MILLIS = 100;

  /** Name, number, MiB, processors, state, seconds, UUID, why it was shut down; more follows. */
  private static final Pattern LINE =
      Pattern.compile(
          "^(\\S+)\\s+(\\d+)\\s+\\d+\\s+\\d+\\s+(\\S+)\\s+[\\d.]+\\s+([0-9a-f-]{36})\\s+(-|[0-9a-f]+)\\b?.*$");

  private final List<String> tool;

  /** Of this machine. A Xen that hangs lets its tool hang, which then is ended. */
  static XenDomains here() {
    return new XenDomains(List.of("timeout", "-k", "5", Long.toString(LIMIT.toSeconds()), "xl"));
  }

  /**
   * @param tool the command {@code xl}
   */
  XenDomains(List<String> tool) {
    this.tool = List.copyOf(tool);
  }

  /**
   * A domain.
   *
   * @param name {@code (null)} while it is so young that it has none
   * @param number Xen's own, never given twice until the host boots
   * @param shutdown why it runs no more though it is there, in Xen's numbers (SHUTDOWN_* of
   *     public/sched.h); empty for one that runs or is paused
   */
  record Listed(String name, int number, UUID id, OptionalInt shutdown) {
    /** {@code SHUTDOWN_suspend}: it stands still, all its memory there, until it is let go on. */
    static final int SUSPENDED = 2;

    /** Whether it is the guest of this id: a stranger's domain could bear its UUID. */
    boolean is(UUID guest) {
      return number != 0
          && id.equals(guest)
          && (name.equals("(null)") || name.equals(GuestSpec.nameOf(guest)));
    }
  }

  /** Every domain that Xen has, the first one too. */
  List<Listed> all() throws HypervisorException {
    return parse(run("list", "-v"));
  }

  /** Every domain of this guest that Xen has, whatever libvirt knows. */
  List<Listed> of(UUID guest) throws HypervisorException {
    return all().stream().filter(domain -> domain.is(guest)).toList();
  }

  static List<Listed> parse(String listing) throws HypervisorException {
    List<Listed> found = new ArrayList<>();
    // The first line says what the columns are.
    for (String line : listing.lines().skip(1).toList()) {
      Matcher fields = LINE.matcher(line);
      if (!fields.matches()) {
        throw new HypervisorException(
            Kind.UNKNOWABLE, "xl lists a domain in a way that is not known: " + line);
      }
      found.add(
          new Listed(
              fields.group(1),
              Integer.parseInt(fields.group(2)),
              UUID.fromString(fields.group(4)),
              fields.group(5).equals("-")
                  ? OptionalInt.empty()
                  : OptionalInt.of(Integer.parseInt(fields.group(5), 16))));
    }
    return List.copyOf(found);
  }

  /** Ends a domain at once and waits until Xen has it no more. */
  void end(Listed domain) throws HypervisorException {
    HypervisorException refused = null;
    try {
      run("destroy", Integer.toString(domain.number()));
    } catch (HypervisorException e) {
      // It may have ended by itself since it was listed; only one that is still there is a failure.
      refused = e;
    }
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (all().stream().anyMatch(d -> d.number() == domain.number())) {
      if (refused != null) {
        throw refused;
      }
      if (System.nanoTime() > deadline) {
        throw new HypervisorException(
            Kind.FAILED, "domain " + domain.number() + " of Xen does not end");
      }
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new HypervisorException(Kind.FAILED, "interrupted while a domain of Xen ends");
      }
    }
  }

  private String run(String... words) throws HypervisorException {
    List<String> command = new ArrayList<>(tool);
    command.addAll(List.of(words));
    try {
      Process process = new ProcessBuilder(command).start();
      process.getOutputStream().close();
      String said = new String(process.getInputStream().readAllBytes(), UTF_8);
      // A line or two, which its pipe holds meanwhile.
      String complaint = new String(process.getErrorStream().readAllBytes(), UTF_8);
      if (process.waitFor() != 0) {
        throw failed(command, "exit " + process.exitValue() + ": " + complaint.strip(), null);
      }
      return said;
    } catch (IOException e) {
      throw failed(command, e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(command, "interrupted", e);
    }
  }

  private static HypervisorException failed(List<String> command, String why, Throwable cause) {
    return new HypervisorException(
        Kind.FAILED, String.join(" ", command) + ": " + why, Map.of(), cause);
  }
}
