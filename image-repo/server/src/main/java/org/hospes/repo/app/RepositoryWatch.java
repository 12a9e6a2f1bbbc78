package org.hospes.repo.app;

import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.repo.access.AccessLists;
import org.hospes.repo.catalogue.CatalogueSigner;
import org.hospes.repo.catalogue.Publication;
import org.hospes.repo.catalogue.PublicationBook;
import org.hospes.repo.store.StoredDisks;
import org.hospes.settings.Watched;
import org.hospes.trust.credential.WatchedCredential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.CrlStatus;
import org.hospes.wire.ops.Health;

/**
 * How the repository fares, for {@code /health} and {@code /metrics}. Not healthy is what stops it
 * from serving; a new policy that cannot be read is told, while the one before stays in force.
 */
record RepositoryWatch(
    PublicationBook book,
    StoredDisks disks,
    CatalogueSigner catalogues,
    Watched<ImagePolicy> policy,
    Watched<AccessLists> access,
    WatchedCredential credential,
    CertificateDirectory paths,
    Clock clock) {
  private static final long LEAST_ROOM = 64L << 20;

  void register(MeterRegistry metrics) {
    metrics.gauge("hospes.repo.images", this, w -> w.book.all().size());
    metrics.gauge("hospes.repo.store.bytes", this, w -> w.disks.bytes());
    metrics.gauge("hospes.repo.store.room.bytes", this, w -> w.room().orElse(-1L));
    metrics.gauge("hospes.repo.catalogue.serial", this, w -> w.catalogues.serial());
    metrics.gauge("hospes.policy.sha1.accepted", this, w -> w.policy.get().acceptsSha1() ? 1 : 0);
    metrics.gauge(
        "hospes.policy.stale",
        this,
        w -> Stream.of(w.policy, w.access).filter(f -> f.lastProblem().isPresent()).count());
    metrics.gauge(
        "hospes.credential.seconds.left", this, w -> w.left(w.credentialEnds()).toSeconds());
    metrics.gauge(
        "hospes.crl.seconds.left",
        this,
        w -> w.crlEnds().map(w::left).map(Duration::toSeconds).orElse(0L));
    metrics.gauge("hospes.authorities.unreadable", this, w -> w.paths.unreadable().size());
    metrics.gauge("hospes.revocations.unwritten", this, w -> w.paths.unwrittenRevocations());
  }

  /**
   * For whoever reads the catalogue, so that the service tells its operators. What is wrong with a
   * file is for those who may read the log.
   */
  List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    stale("image policy", policy.lastProblem()).ifPresent(warnings::add);
    stale("access file", access.lastProblem()).ifPresent(warnings::add);
    stale("host certificate", credential.lastProblem()).ifPresent(warnings::add);
    warnings.addAll(paths.warnings());
    return warnings;
  }

  private static Optional<String> stale(String what, Optional<String> problem) {
    return problem.map(
        why ->
            "the "
                + what
                + " changed and cannot be used; the version before stays in force: the repository's"
                + " log and /health say why");
  }

  Health health() {
    Map<String, String> parts = new LinkedHashMap<>();
    boolean ok = true;
    Optional<Long> room = room();
    parts.put("store", room.map(bytes -> bytes + " bytes of room").orElse("cannot be read"));
    ok &= room.filter(bytes -> bytes > LEAST_ROOM).isPresent();
    long missing = missing();
    parts.put("disks", missing == 0 ? "all there" : missing + " published disks are missing");
    ok &= missing == 0;
    Duration credentialLeft = left(credentialEnds());
    parts.put(
        "host-certificate",
        credential.lastProblem().orElse("ends in " + credentialLeft.toDays() + " days"));
    ok &= !credentialLeft.isNegative();
    parts.put("ca-directory", paths.problem().orElse("ok"));
    ok &= paths.problem().isEmpty();
    Optional<Instant> crlEnds = crlEnds();
    parts.put("crls", crlEnds.map(end -> "first ends at " + end).orElse("none"));
    ok &= crlEnds.map(end -> !left(end).isNegative()).orElse(false);
    if (!paths.warnings().isEmpty()) {
      parts.put("ca-warnings", String.join("; ", paths.warnings()));
    }
    parts.put(
        "image-policy", policy.lastProblem().orElseGet(() -> policy.get().digest().toString()));
    parts.put("access", access.lastProblem().orElse("ok"));
    parts.put("sha-1", policy.get().acceptsSha1() ? "accepted by policy" : "refused");
    return new Health(ok, parts);
  }

  private long missing() {
    return book.all().stream()
        .map(Publication::digest)
        .distinct()
        .filter(digest -> disks.find(digest).isEmpty())
        .count();
  }

  private Optional<Long> room() {
    try {
      return Optional.of(disks.room());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private Instant credentialEnds() {
    return credential.current().leaf().getNotAfter().toInstant();
  }

  private Optional<Instant> crlEnds() {
    return paths.crls().stream()
        .map(CrlStatus::nextUpdate)
        .filter(Objects::nonNull)
        .min(Instant::compareTo);
  }

  private Duration left(Instant end) {
    return Duration.between(clock.instant(), end);
  }
}
