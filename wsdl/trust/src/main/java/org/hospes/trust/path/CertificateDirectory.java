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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The validator over a CA directory in the layout of the IGTF and OpenSSL: {@code HASH.0}, {@code
 * HASH.r0}, {@code HASH.signing_policy}, {@code HASH.namespaces}. Its content is compared at every
 * refresh; a change, also a file taken away or a CRL that ended, makes a new generation, and then
 * nothing is trusted on the strength of the one before. A directory that cannot be read trusts
 * nobody until it can.
 */
public final class CertificateDirectory implements PathValidator {
  private static final Logger LOG = LoggerFactory.getLogger(CertificateDirectory.class);
  private static final Duration SOON = Duration.ofHours(24);

  private final Path directory;
  private final PathRules rules;
  private final Clock clock;
  private final SeenRevocations revocations;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final ScheduledExecutorService own;
  private volatile State state;
  private Set<String> told = Set.of();

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

  /**
   * Reads the directory and begins to watch it.
   *
   * @param refresh how often its content is compared
   * @throws IOException when the directory, or the file of revocations seen, cannot be read
   */
  public static CertificateDirectory open(
      Path caDirectory, PathRules rules, Duration refresh, Clock clock) throws IOException {
    CertificateDirectory opened;
    try {
      opened = new CertificateDirectory(caDirectory.toAbsolutePath().normalize(), rules, clock);
    } catch (IOException e) {
      throw new IOException("the CA directory " + caDirectory + " cannot be used: " + e, e);
    }
    opened.own.scheduleWithFixedDelay(
        opened::refreshQuietly, refresh.toMillis(), refresh.toMillis(), TimeUnit.MILLISECONDS);
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

  /** Which CRLs end within a day or have ended: nobody of their CAs is trusted then. */
  public List<String> warnings() {
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

  private DirectorySnapshot snapshot(DirectoryContent content) {
    return new DirectorySnapshot(directory, rules, content, revocations, clock.instant());
  }

  /** Once for each, not at every refresh. */
  private synchronized void tellWarnings() {
    List<String> warnings = warnings();
    warnings.stream().filter(w -> !told.contains(w)).forEach(w -> LOG.warn("{}: {}", directory, w));
    told = Set.copyOf(warnings);
  }

  private void refreshQuietly() {
    try {
      refresh();
      tellWarnings();
    } catch (RuntimeException e) {
      // An exception that escapes would end the schedule, and no later change would be seen.
      LOG.error("could not look at {}", directory, e);
    }
  }

  private static void runQuietly(Runnable listener) {
    try {
      listener.run();
    } catch (RuntimeException e) {
      LOG.error("a listener to changes of certificates failed", e);
    }
  }
}
