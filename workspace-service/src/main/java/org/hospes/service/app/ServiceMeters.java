package org.hospes.service.app;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.service.audit.JsonLinesAuditLog;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceRepository;
import org.hospes.trust.path.CrlStatus;
import org.hospes.trust.path.PathValidator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The gauges of the service; those that ask the database are read every few seconds. */
final class ServiceMeters implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ServiceMeters.class);
  private static final Duration EVERY = Duration.ofSeconds(5);

  private final WorkspaceRepository workspaces;
  private final PathValidator paths;
  private final Clock clock;
  private final MultiGauge byState;
  private final AtomicInteger onTheirWay;
  private final AtomicInteger leftOnNodes;
  private final MultiGauge crlAge;
  private final MultiGauge crlLeft;
  private final ScheduledExecutorService timer;

  ServiceMeters(
      MeterRegistry meters,
      WorkspaceRepository workspaces,
      NodeRegistry nodes,
      PathValidator paths,
      Supplier<ImagePolicy> policy,
      JsonLinesAuditLog audit,
      Clock clock) {
    this.workspaces = workspaces;
    this.paths = paths;
    this.clock = clock;
    byState =
        MultiGauge.builder("hospes.workspaces")
            .description("workspaces that have not ended, by state")
            .register(meters);
    onTheirWay = meters.gauge("hospes.migrations", new AtomicInteger());
    leftOnNodes = meters.gauge("hospes.migrations.remains", new AtomicInteger());
    crlAge =
        MultiGauge.builder("hospes.crl.age.seconds")
            .description("time since a CRL was issued")
            .register(meters);
    crlLeft =
        MultiGauge.builder("hospes.crl.left.seconds")
            .description("time until a CRL runs out and its CA's people cannot log in")
            .register(meters);
    Gauge.builder("hospes.policy.sha1.accepted", () -> policy.get().acceptsSha1() ? 1 : 0)
        .description("1 while the image policy accepts signatures over SHA-1")
        .register(meters);
    Gauge.builder("hospes.nodes", () -> nodes.alive().size()).tag("alive", "true").register(meters);
    Gauge.builder("hospes.nodes", () -> nodes.nodes().size() - nodes.alive().size())
        .tag("alive", "false")
        .register(meters);
    Gauge.builder("hospes.audit.unwritten", audit, JsonLinesAuditLog::unwritten)
        .description("audit lines that could not be written")
        .register(meters);
    Gauge.builder("hospes.revocations.unwritten", paths, PathValidator::unwrittenRevocations)
        .description("revocations seen that a restart would forget")
        .register(meters);
    Gauge.builder("hospes.authorities.unreadable", paths, all -> all.unreadable().size())
        .description("CAs of which nobody is trusted since a file of theirs cannot be read")
        .register(meters);
    Gauge.builder("hospes.guests.unknown", () -> strangers(nodes))
        .description("guests on nodes that the database does not know: was it restored?")
        .register(meters);
    timer =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "meters");
              thread.setDaemon(true);
              return thread;
            });
    var unused =
        timer.scheduleWithFixedDelay(this::read, 0, EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    // Without interrupting: an interrupted read closes H2's file under everybody's feet.
    timer.shutdown();
  }

  private void read() {
    try {
      int migrating = 0;
      int remains = 0;
      Map<State, Integer> counts = new EnumMap<>(State.class);
      for (State state : State.values()) {
        if (!state.terminal()) {
          counts.put(state, 0);
        }
      }
      for (Workspace workspace : workspaces.unfinished()) {
        counts.merge(workspace.state(), 1, Integer::sum);
        migrating += workspace.migrations().now().isPresent() ? 1 : 0;
        remains += workspace.migrations().leftOn().size();
      }
      List<MultiGauge.Row<?>> states = new ArrayList<>();
      counts.forEach(
          (state, n) -> states.add(MultiGauge.Row.of(Tags.of("state", state.name()), n)));
      byState.register(states, true);
      onTheirWay.set(migrating);
      leftOnNodes.set(remains);
      Instant now = clock.instant();
      List<MultiGauge.Row<?>> ages = new ArrayList<>();
      List<MultiGauge.Row<?>> left = new ArrayList<>();
      for (CrlStatus crl : paths.crls()) {
        Tags issuer = Tags.of("issuer", crl.issuer().slash());
        ages.add(MultiGauge.Row.of(issuer, seconds(crl.thisUpdate(), now)));
        if (crl.nextUpdate() != null) {
          left.add(MultiGauge.Row.of(issuer, seconds(now, crl.nextUpdate())));
        }
      }
      crlAge.register(ages, true);
      crlLeft.register(left, true);
    } catch (RuntimeException e) {
      LOG.warn("metrics could not be read", e);
    }
  }

  private static long seconds(Instant from, Instant to) {
    return Duration.between(from, to).toSeconds();
  }

  private static int strangers(NodeRegistry nodes) {
    return nodes.strangers().values().stream().mapToInt(java.util.Set::size).sum();
  }
}
