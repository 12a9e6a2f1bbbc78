package org.hospes.node.app;

import static java.util.stream.Collectors.joining;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.node.journal.Journal;
import org.hospes.node.journal.ServiceMemory;
import org.hospes.node.journal.SetAside;
import org.hospes.node.sandbox.GuestPhase;
import org.hospes.node.sandbox.GuestWatch;
import org.hospes.node.sandbox.Guests;
import org.hospes.node.sandbox.SandboxWatch;
import org.hospes.node.servicesoap.ServiceLink;
import org.hospes.settings.Watched;
import org.hospes.trust.credential.CredentialSource;
import org.hospes.trust.path.CrlStatus;
import org.hospes.trust.path.PathValidator;
import org.hospes.wire.ops.Health;

/** The node in figures, and in one word. */
final class NodeMeters {
  private static final Duration SILENCE = Duration.ofSeconds(60);

  private final ServiceLink link;
  private final GuestWatch watch;
  private final SandboxWatch sandboxes;
  private final Journal journal;
  private final ServiceMemory memory;
  private final Watched<ImagePolicy> policy;
  private final CredentialSource credential;
  private final PathValidator paths;
  private final Clock clock;

  NodeMeters(
      ServiceLink link,
      GuestWatch watch,
      SandboxWatch sandboxes,
      Journal journal,
      ServiceMemory memory,
      Watched<ImagePolicy> policy,
      CredentialSource credential,
      PathValidator paths,
      Clock clock) {
    this.link = link;
    this.watch = watch;
    this.sandboxes = sandboxes;
    this.journal = journal;
    this.memory = memory;
    this.policy = policy;
    this.credential = credential;
    this.paths = paths;
    this.clock = clock;
  }

  void register(MeterRegistry meters, Guests guests) {
    for (GuestPhase phase : GuestPhase.values()) {
      if (phase != GuestPhase.ABSENT) {
        Gauge.builder("hospes_node_guests", guests, all -> count(all, phase))
            .tag("phase", phase.name().toLowerCase(Locale.ROOT))
            .register(meters);
      }
    }
    gauge(meters, "hospes_node_service_silent_seconds", me -> me.silence().toSeconds());
    gauge(meters, "hospes_node_service_objection", me -> me.memory.objection().isPresent() ? 1 : 0);
    gauge(meters, "hospes_policy_sha1_accepted", me -> me.policy.get().acceptsSha1() ? 1 : 0);
    gauge(meters, "hospes_policy_stale", me -> me.policy.lastProblem().isPresent() ? 1 : 0);
    gauge(meters, "hospes_node_journal_damaged_pages", me -> me.journal.setAside().size());
    gauge(meters, "hospes_node_warnings", me -> me.watch.warnings().size());
    gauge(
        meters,
        "hospes_host_certificate_seconds_left",
        me -> me.left(me.credential.current().leaf().getNotAfter().toInstant()));
    gauge(meters, "hospes_crl_seconds_left", NodeMeters::crlSecondsLeft);
    gauge(meters, "hospes_authorities_unreadable", me -> me.paths.unreadable().size());
    gauge(meters, "hospes_revocations_unwritten", me -> me.paths.unwrittenRevocations());
  }

  private void gauge(MeterRegistry meters, String name, ToDoubleFunction<NodeMeters> value) {
    Gauge.builder(name, this, value).strongReference(true).register(meters);
  }

  Health health() {
    Map<String, String> parts = new LinkedHashMap<>();
    boolean heard = silence().compareTo(SILENCE) < 0;
    parts.put("service", link.trouble().orElse("answers"));
    parts.put("guests", watch.warnings().isEmpty() ? "well" : String.join("; ", watch.warnings()));
    parts.put("sandboxes", sandboxes.warning().orElse("well"));
    parts.put(
        "journal",
        journal.setAside().isEmpty()
            ? "well"
            : journal.setAside().stream().map(SetAside::warning).collect(joining("; ")));
    parts.put("service-memory", memory.objection().orElse("well"));
    parts.put("image-policy", policy.lastProblem().orElse("well"));
    double papers = left(credential.current().leaf().getNotAfter().toInstant());
    parts.put("host-certificate", papers > 0 ? "valid" : "EXPIRED");
    double crls = crlSecondsLeft();
    parts.put("crls", crls > 0 || Double.isNaN(crls) ? "valid" : "EXPIRED");
    parts.put(
        "authorities",
        paths.unreadable().isEmpty() ? "all read" : String.join("; ", paths.unreadable()));
    boolean ok =
        heard
            && papers > 0
            && watch.warnings().isEmpty()
            && sandboxes.warning().isEmpty()
            && journal.setAside().isEmpty()
            && memory.objection().isEmpty()
            && policy.lastProblem().isEmpty();
    return new Health(ok, parts);
  }

  private Duration silence() {
    return link.heardAt()
        .map(at -> Duration.between(at, clock.instant()))
        .orElse(Duration.ofDays(36500));
  }

  private double left(Instant end) {
    return Duration.between(clock.instant(), end).toSeconds();
  }

  private double crlSecondsLeft() {
    return paths.crls().stream()
        .map(CrlStatus::nextUpdate)
        .filter(Objects::nonNull)
        .mapToDouble(this::left)
        .min()
        .orElse(Double.NaN);
  }

  private static double count(Guests guests, GuestPhase phase) {
    return guests.views().stream().filter(view -> view.phase() == phase).count();
  }
}
