package org.hospes.trust.path;

import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The validator over a CA directory in the layout of the IGTF and OpenSSL: {@code HASH.0}, {@code
 * HASH.r0}, {@code HASH.signing_policy}, {@code HASH.namespaces}. What the kernel notes of its
 * files is looked at often, their content is compared when that changed and at every refresh
 * besides; a change, also a file taken away or a CRL that ended, makes a new generation, and then
 * nothing is trusted on the strength of the one before. A CA one of whose files cannot be read is
 * left out, and nobody of it is trusted until it can; a directory that cannot be read trusts
 * nobody.
 */
public final class CertificateDirectory implements PathValidator {
  private static final Logger LOG = LoggerFactory.getLogger(CertificateDirectory.class);
  private static final Duration SOON = Duration.ofHours(24);

  /** How often a program that runs on looks at what the kernel notes of the files. */
  public static final Duration LOOK = Duration.ofSeconds(1);

  private final Path directory;
  private final PathRules rules;
  private final Clock clock;
  private final SeenRevocations revocations;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final ScheduledExecutorService own;
  private volatile State state;
  private Set<String> told = Set.of();
  private Optional<DirectoryLook> looked = Optional.empty();
  private boolean lookAgain = true;
  private long refreshedNanos = System.nanoTime();

  /** Either a snapshot, or the reason why there is none. */
  private record State(DirectorySnapshot snapshot, long generation, String unreadable) {}

  private CertificateDirectory(Path directory, PathRules rules, Clock clock) throws IOException {
    this.directory = directory;
    this.rules = rules;
    this.clock = clock;
    this.revocations = SeenRevocations.open(rules.seenRevocations());
    DirectorySnapshot first = snapshot(DirectoryContent.of(directory));
    this.state = new State(first, 1, null);
    this.own =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "certificates " + directory);
              thread.setDaemon(true);
              return thread;
            });
    tellWarnings();
    if (first.anchors().isEmpty()) {
      LOG.warn("{}: holds no CA certificate (HASH.0), so that nobody is trusted", directory);
    }
  }

  /** As {@link #open(Path, PathRules, Duration, Duration, Clock)} without looks in between. */
  public static CertificateDirectory open(
      Path caDirectory, PathRules rules, Duration refresh, Clock clock) throws IOException {
    return open(caDirectory, rules, refresh, refresh, clock);
  }

  /**
   * Reads the directory and begins to watch it.
   *
   * @param look how often names, inodes, lengths and times of its files are compared
   * @param refresh how often its content is compared, whatever the files' times say
   * @throws IOException when the directory, or the file of revocations seen, cannot be read
   */
  public static CertificateDirectory open(
      Path caDirectory, PathRules rules, Duration look, Duration refresh, Clock clock)
      throws IOException {
    CertificateDirectory opened;
    try {
      opened = new CertificateDirectory(caDirectory.toAbsolutePath().normalize(), rules, clock);
    } catch (IOException e) {
      throw new IOException("the CA directory " + caDirectory + " cannot be used: " + e, e);
    }
    opened.own.scheduleWithFixedDelay(
        () -> opened.lookQuietly(refresh), look.toMillis(), look.toMillis(), TimeUnit.MILLISECONDS);
    return opened;
  }

  @Override
  public ValidatedPath validate(List<X509Certificate> chain) throws UntrustedPathException {
    return snapshot(chain).validate(chain, clock.instant());
  }

  @Override
  public ValidatedPath validate(List<X509Certificate> chain, Instant at)
      throws UntrustedPathException {
    return snapshot(chain).validateAt(chain, at, clock.instant());
  }

  @Override
  public long generation() {
    return state.generation;
  }

  @Override
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  @Override
  public List<X509Certificate> anchors() {
    DirectorySnapshot snapshot = state.snapshot;
    return snapshot == null ? List.of() : snapshot.anchors();
  }

  @Override
  public List<CrlStatus> crls() {
    DirectorySnapshot snapshot = state.snapshot;
    return snapshot == null ? List.of() : snapshot.crls();
  }

  /** Why the directory cannot be read at present; empty when it can. */
  public Optional<String> problem() {
    return Optional.ofNullable(state.unreadable);
  }

  @Override
  public List<String> unreadable() {
    State now = state;
    return now.snapshot == null
        ? List.of(directory + " cannot be read, so that nobody is trusted: " + now.unreadable)
        : now.snapshot.unreadable();
  }

  @Override
  public long unwrittenRevocations() {
    return revocations.unwritten();
  }

  /** Why revocations that were seen cannot be written down; empty when they are. */
  public Optional<String> memoryProblem() {
    return revocations.trouble();
  }

  /**
   * Which CAs are left out since a file of theirs cannot be read; which CRLs end within a day or
   * have ended, since nobody of their CAs is trusted then; and whether revocations would be
   * forgotten.
   */
  public List<String> warnings() {
    DirectorySnapshot snapshot = state.snapshot;
    List<String> leftOut = snapshot == null ? List.of() : snapshot.unreadable();
    return Stream.of(leftOut.stream(), endings().stream(), memoryProblem().stream())
        .flatMap(each -> each)
        .toList();
  }

  private List<String> endings() {
    Instant soon = clock.instant().plus(SOON);
    return crls().stream()
        .filter(crl -> crl.nextUpdate() != null && crl.nextUpdate().isBefore(soon))
        .map(
            crl ->
                "the CRL of "
                    + crl.issuer()
                    + (clock.instant().isBefore(crl.nextUpdate())
                        ? " runs out at "
                        : " ran out at ")
                    + crl.nextUpdate()
                    + "; then nobody of this CA is trusted: look whether fetch-crl runs")
        .toList();
  }

  /**
   * Compares the content now rather than at the next turn.
   *
   * @return whether there is a new generation; its listeners run a moment later
   */
  public synchronized boolean refresh() {
    State before = state;
    long next = before.generation + 1;
    try {
      // Digest first, canl's own reading after it: what changes in between is seen next time.
      DirectoryContent content = DirectoryContent.of(directory);
      boolean same =
          before.snapshot != null
              && before.snapshot.digest().equals(content.digest())
              && clock.instant().isBefore(before.snapshot.freshUntil());
      if (same) {
        return false;
      }
      state = new State(snapshot(content), next, null);
    } catch (IOException | RuntimeException e) {
      if (e.toString().equals(before.unreadable)) {
        return false;
      }
      LOG.error("{} cannot be read, so that nobody is trusted: {}", directory, e.toString());
      state = new State(null, next, e.toString());
    }
    LOG.info("directory={} generation={} anchors={}", directory, next, anchors().size());
    // What was half done when it was read may be back as it was before the next look.
    lookAgain = true;
    try {
      listeners.forEach(listener -> own.execute(() -> runQuietly(listener)));
    } catch (RejectedExecutionException e) {
      LOG.debug("closed while it changed", e);
    }
    return true;
  }

  /**
   * Since when a certificate of the chain is revoked, by any CRL that was ever seen; the earliest
   * when several are.
   */
  public Optional<Instant> revokedSince(List<X509Certificate> chain) {
    return chain.stream()
        .flatMap(certificate -> revocations.revokedAt(certificate).stream())
        .min(Instant::compareTo);
  }

  @Override
  public void close() {
    own.shutdownNow();
  }

  private DirectorySnapshot snapshot(List<X509Certificate> chain) throws UntrustedPathException {
    State now = state;
    if (now.snapshot == null) {
      throw new UntrustedPathException(
          DirectorySnapshot.subject(chain),
          List.of(
              new PathProblem(
                  PathProblems.OTHER,
                  -1,
                  "the CA directory " + directory + " cannot be read: " + now.unreadable)));
    }
    return now.snapshot;
  }

  private DirectorySnapshot snapshot(DirectoryContent content) throws IOException {
    return new DirectorySnapshot(directory, rules, content, revocations, clock.instant());
  }

  /** Once for each, not at every refresh. */
  private synchronized void tellWarnings() {
    List<String> warnings = warnings();
    warnings.stream().filter(w -> !told.contains(w)).forEach(w -> LOG.warn("{}: {}", directory, w));
    told = Set.copyOf(warnings);
  }

  private void lookQuietly(Duration refresh) {
    try {
      if (seemsChanged(refresh)) {
        refresh();
        refreshedNanos = System.nanoTime();
        revocations.write();
      }
      tellWarnings();
    } catch (RuntimeException | Error e) {
      // What escapes, memory that ran out too, would end the schedule: no later change were seen.
      LOG.error("could not look at {}", directory, e);
    }
  }

  /** By what costs little; whoever is in doubt compares the content. */
  private synchronized boolean seemsChanged(Duration refresh) {
    Optional<DirectoryLook> now = DirectoryLook.at(directory);
    boolean same = now.isPresent() && now.equals(looked);
    // A file that is written twice within one tick of the kernel's clock looks the same after it.
    boolean due = !same || lookAgain;
    looked = now;
    lookAgain = !same;
    State judged = state;
    return due
        || judged.snapshot == null
        || !clock.instant().isBefore(judged.snapshot.freshUntil())
        || System.nanoTime() - refreshedNanos >= refresh.toNanos();
  }

  private static void runQuietly(Runnable listener) {
    try {
      listener.run();
    } catch (RuntimeException e) {
      LOG.error("a listener to changes of certificates failed", e);
    }
  }
}
