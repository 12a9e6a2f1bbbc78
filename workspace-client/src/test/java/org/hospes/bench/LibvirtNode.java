package org.hospes.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A node of the lab as its libvirt shows it: a virsh that stands ready, so that what is measured is
 * libvirt and not the start of a program, and the stream of lifecycle events.
 */
final class LibvirtNode implements AutoCloseable {
  private static final Pattern EVENT =
      Pattern.compile(
          "([0-9-]+ [0-9:.]+[+-][0-9]{4}): event 'lifecycle' for domain '?([^':]+)'?: (.*)");
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSZ");

  private final List<String> inside;
  private final String uri;
  private final boolean ownClock;
  private final Process shell;
  private final Process events;

  /** When what happened to which domain last; guarded by itself. */
  private final Map<String, Instant> heard = new HashMap<>();

  /** What virsh complained of since it was last told something; guarded by {@link #heard}. */
  private final StringBuilder complaints = new StringBuilder();

  private LibvirtNode(List<String> inside, String uri) throws IOException {
    this.inside = inside;
    this.uri = uri;
    this.ownClock = uri.startsWith("xen:");
    this.shell = start("sh", "-c", "exec virsh -q -c " + uri + " 2>&1");
    this.events =
        start(
            "stdbuf",
            "-oL",
            "virsh",
            "-c",
            uri,
            "event",
            "--event",
            "lifecycle",
            "--loop",
            "--timestamp");
    inBackground(this::listen, "libvirt-events");
    inBackground(this::readComplaints, "virsh");
  }

  private static void inBackground(Runnable reading, String name) {
    Thread reader = new Thread(reading, name);
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Reached through the lab's script that {@code -Dbench.cluster} names, at {@code -Dbench.uri}.
   */
  static LibvirtNode open(String name) throws IOException, InterruptedException {
    LibvirtNode node =
        new LibvirtNode(
            List.of(System.getProperty("bench.cluster"), "at", name),
            System.getProperty("bench.uri", "qemu:///system"));
    // virsh says nothing when it begins to listen.
    Thread.sleep(1000);
    return node;
  }

  private Process start(String... command) throws IOException {
    List<String> whole = new ArrayList<>(inside);
    whole.addAll(List.of(command));
    return new ProcessBuilder(whole).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  private static BufferedReader linesOf(Process process) {
    return new BufferedReader(
        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  private void readComplaints() {
    try (BufferedReader lines = linesOf(shell)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        // Its prompt may stand before it.
        if (line.contains("error: ")) {
          synchronized (heard) {
            complaints.append(line).append(' ');
            heard.notifyAll();
          }
        }
      }
    } catch (IOException e) {
      System.err.println("virsh ended: " + e.getMessage());
    }
  }

  private void listen() {
    try (BufferedReader lines = linesOf(events)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Matcher event = EVENT.matcher(line);
        if (event.matches()) {
          // A Xen host has a clock of its own; for both sides what counts there is when it is
          // heard.
          heard(
              ownClock ? Instant.now() : OffsetDateTime.parse(event.group(1), TIME).toInstant(),
              event);
        }
      }
    } catch (IOException e) {
      System.err.println("libvirt's events ended: " + e.getMessage());
    }
  }

  private void heard(Instant at, Matcher event) {
    synchronized (heard) {
      heard.put(event.group(2) + " " + event.group(3).split(" ", 2)[0], at);
      heard.notifyAll();
    }
  }

  /** Libvirt did not do what it was told. */
  static final class Refused extends IOException {
    private static final long serialVersionUID = 1L;

    private Refused(String why) {
      super(why);
    }
  }

  /**
   * Waits until libvirt says that this happened to a domain, and tells when it did.
   *
   * @throws Refused when virsh complained of what it was told last
   */
  Instant await(String event, String domain, Duration patience)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    synchronized (heard) {
      while (System.nanoTime() < end) {
        Instant at = heard.get(domain + " " + event);
        if (at != null) {
          complaints.setLength(0);
          return at;
        }
        if (!complaints.isEmpty()) {
          throw new Refused(complaints.toString());
        }
        heard.wait(100);
      }
    }
    throw new IOException("libvirt told of no " + event + " of " + domain + " in " + patience);
  }

  /** Tells the standing virsh something; does not wait. */
  void virsh(String command) throws IOException {
    synchronized (heard) {
      complaints.setLength(0);
    }
    shell.getOutputStream().write((command + "\n").getBytes(StandardCharsets.UTF_8));
    shell.getOutputStream().flush();
  }

  /** Libvirt's driver: {@code qemu}, {@code xen}. */
  String hypervisor() {
    return uri.substring(0, uri.indexOf(':'));
  }

  /** The domain's document. */
  String document(String domain) throws IOException, InterruptedException {
    return run("virsh", "-q", "-c", uri, "dumpxml", domain);
  }

  /** Runs a program in the node, to its end. */
  String run(String... command) throws IOException, InterruptedException {
    List<String> whole = new ArrayList<>(inside);
    whole.addAll(List.of(command));
    return Tool.output(whole.toArray(String[]::new));
  }

  @Override
  public void close() throws IOException {
    shell.getOutputStream().close();
    // What was started through the lab's scripts is not our child but theirs.
    events.descendants().forEach(ProcessHandle::destroy);
    events.destroy();
  }
}
