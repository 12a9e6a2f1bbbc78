package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.jna.Native;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the memory of a domain that runs on meanwhile, by a process of its own ({@link XenSaver}),
 * into a file as libvirt's Xen driver would have written it. Libvirt's own save stops the guest
 * first.
 *
 * <p>Xen notes which pages the guest writes; these are written again, five times at most or until
 * there are fewer than 50, and what is left once the guest has suspended itself. So it ends,
 * however fast a guest writes.
 */
final class XenLiveSave {
  private static final Logger log = LoggerFactory.getLogger(XenLiveSave.class);

  /** Xen's library gives a guest two minutes to suspend itself, and says nothing meanwhile. */
  private static final Duration SILENCE = Duration.ofMinutes(3);

  private static final String STANDS_STILL = ":guest has suspended";
  private static final int LAST_WORDS = 12;
  private static final long LOOK_MILLIS = 200;

  /** So much is on the disk before the guest stands still, and need not be waited for then. */
  private static final long SYNCED_EACH = 64L << 20;

  private final List<String> saver;
  private final XenSaves saves;
  private final Path proc;
  private final Duration silence;
  private final Clock clock;

  /** By the Java that runs this. */
  static XenLiveSave here(Clock clock) {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx32m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            home(XenSaver.class) + ":" + home(Native.class),
            XenSaver.class.getName());
    return new XenLiveSave(command, XenSaves.here(), Path.of("/proc"), SILENCE, clock);
  }

  /**
   * @param saver the command of {@link XenSaver}
   * @param saves where it is noted which file is being written
   * @param proc where the kernel shows processes
   * @param silence for how long it may neither say nor write anything
   */
  XenLiveSave(List<String> saver, XenSaves saves, Path proc, Duration silence, Clock clock) {
    this.saver = List.copyOf(saver);
    this.saves = saves;
    this.proc = proc;
    this.silence = silence;
    this.clock = clock;
  }

  private static Path home(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Writes it. When this returns all of it is on the disk, and the domain is there and stands
   * still. After an exception the domain runs, or is gone, and there is no file; where even that
   * could not be had it is among the exception's causes.
   *
   * @param document the domain's, as libvirt has it now
   * @param abandoned true once nobody needs it any more: it is broken off then, and fails
   * @return since when it stands still, if that was seen
   */
  Optional<Instant> write(int domain, Path file, String document, BooleanSupplier abandoned)
      throws HypervisorException {
    endOthers(domain);
    saves.begin(domain, file);
    try {
      XenSaveFile.begin(file, document);
      Run run = new Run(XenSaver.SAVE, Integer.toString(domain), file.toString());
      int exit = run.follow(file, abandoned);
      if (exit == XenSaver.DONE) {
        sync(file);
        return run.stands();
      }
      saves.spoil(domain);
      HypervisorException failed =
          new HypervisorException(
              Kind.FAILED,
              "the memory of domain " + domain + " was not saved: exit " + exit + "; " + run.said(),
              Map.of(),
              null);
      if (exit != XenSaver.WENT_ON) {
        letGoOn(domain, failed);
      }
      throw failed;
    } catch (IOException e) {
      HypervisorException failed =
          new HypervisorException(Kind.FAILED, "cannot save into " + file + ": " + e, Map.of(), e);
      letGoOn(domain, failed);
      throw failed;
    }
  }

  private void letGoOn(int domain, HypervisorException failed) {
    try {
      letGoOn(domain);
    } catch (HypervisorException e) {
      failed.addSuppressed(e);
    }
  }

  /** The domain that was saved is gone: the file is its memory. */
  void ended(int domain) throws HypervisorException {
    saves.end(domain);
  }

  /**
   * Has a domain go on that a save left standing, once whoever else is at it has ended, and what it
   * had written is gone. One that runs stays as it is.
   */
  void letGoOn(int domain) throws HypervisorException {
    endOthers(domain);
    saves.spoil(domain);
    try {
      Run run = new Run(XenSaver.GO_ON, Integer.toString(domain));
      if (run.follow(null, () -> false) != XenSaver.DONE) {
        log.debug("domain {} was not let go on: {}", domain, run.said());
      }
    } catch (IOException e) {
      throw new HypervisorException(
          Kind.FAILED, "domain " + domain + " cannot be let go on: " + e, Map.of(), e);
    }
  }

  /** Those of an agent that was killed end by themselves, but not all at once. */
  private void endOthers(int domain) throws HypervisorException {
    long deadline = System.nanoTime() + silence.toNanos();
    while (true) {
      List<ProcessHandle> others = others(Integer.toString(domain));
      if (others.isEmpty()) {
        return;
      }
      if (System.nanoTime() > deadline) {
        log.warn("domain {} is still being saved by {}; ending that", domain, others);
        others.forEach(ProcessHandle::destroyForcibly);
      }
      pause();
    }
  }

  /** Savers, and the program of Xen's library, whose arguments are its own affair but the third. */
  private List<ProcessHandle> others(String domain) throws HypervisorException {
    List<ProcessHandle> found = new ArrayList<>();
    try (Stream<Path> processes = Files.list(proc)) {
      for (Path process :
          processes.filter(path -> path.getFileName().toString().matches("[0-9]+")).toList()) {
        List<String> words = words(process);
        int save = words.indexOf("--save-domain");
        int ours = words.indexOf(XenSaver.class.getName());
        if ((ours >= 0 && words.size() > ours + 2 && words.get(ours + 2).equals(domain))
            || (save == 1 && words.size() > 4 && words.get(4).equals(domain))) {
          ProcessHandle.of(Long.parseLong(process.getFileName().toString())).ifPresent(found::add);
        }
      }
      return found;
    } catch (IOException | UncheckedIOException e) {
      throw new HypervisorException(
          Kind.UNKNOWABLE, "cannot look through " + proc + ": " + e, Map.of(), e);
    }
  }

  private static List<String> words(Path process) {
    try {
      return List.of(Files.readString(process.resolve("cmdline"), UTF_8).split("\0"));
    } catch (IOException e) {
      // It has ended.
      return List.of();
    }
  }

  private static void sync(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  private static void pause() throws HypervisorException {
    try {
      Thread.sleep(LOOK_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HypervisorException(Kind.FAILED, "interrupted while a guest was being saved");
    }
  }

  /** One of its processes. */
  private final class Run {
    private final Process process;
    private final Thread listener = new Thread(this::listen, "xen-saver");
    private final Deque<String> last = new ArrayDeque<>();
    private Optional<Instant> stands = Optional.empty();
    private volatile long heard = System.nanoTime();

    Run(String... words) throws IOException {
      List<String> command = new ArrayList<>(saver);
      command.addAll(List.of(words));
      process = new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
      listener.setDaemon(true);
      listener.start();
    }

    private void listen() {
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(process.getErrorStream(), UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          hear(line);
        }
      } catch (IOException e) {
        log.debug("no more is heard of the saver: {}", e.getMessage());
      }
    }

    private synchronized void hear(String line) {
      heard = System.nanoTime();
      if (line.endsWith(STANDS_STILL)) {
        stands = stands.or(() -> Optional.of(clock.instant()));
      }
      log.trace("{}", line);
      if (line.contains("error") || line.contains("xception")) {
        last.add(line);
        if (last.size() > LAST_WORDS) {
          last.remove();
        }
      }
    }

    private synchronized Optional<Instant> stands() {
      return stands;
    }

    private synchronized String said() {
      return last.isEmpty() ? "nothing was said of why" : String.join("; ", last);
    }

    /** Waits until it has ended, which silence makes it do, and that nobody needs it. */
    int follow(Path file, BooleanSupplier abandoned) throws IOException, HypervisorException {
      long written = 0;
      long synced = 0;
      boolean told = false;
      try {
        while (!process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
          long now = file == null ? 0 : Files.size(file);
          if (now != written) {
            written = now;
            heard = System.nanoTime();
          }
          if (written - synced >= SYNCED_EACH) {
            sync(file);
            synced = written;
          }
          boolean silent = System.nanoTime() - heard > silence.toNanos();
          if (told && silent) {
            end();
            heard = System.nanoTime();
          } else if (silent || (!told && abandoned.getAsBoolean())) {
            log.warn(
                "the process that saves a guest is told to break off: {}",
                silent ? "it is silent" : "nobody needs the memory any more");
            process.getOutputStream().close();
            told = true;
            heard = System.nanoTime();
          }
        }
        // What it started may outlive it, and hold on to its words.
        listener.join(silence.toMillis());
        return process.exitValue();
      } catch (InterruptedException e) {
        // It lets the guest go on by itself, when nobody listens.
        Thread.currentThread().interrupt();
        throw new HypervisorException(Kind.FAILED, "interrupted while a guest was being saved");
      } finally {
        process.getOutputStream().close();
      }
    }

    private void end() {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
