package org.hospes.service.app;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.service.admission.AccessRules;
import org.hospes.service.admission.Accounts;
import org.hospes.service.audit.AuditEntry;
import org.hospes.service.audit.AuditEntry.Outcome;
import org.hospes.service.audit.AuditLog;
import org.hospes.settings.Watched;

/**
 * Tells of each change of the files that say who may run what: a new version in force, or one with
 * a mistake, beside which the good one before it stays in force.
 */
final class PolicyWatch {
  private PolicyWatch() {}

  static void over(Map<Path, Watched<?>> files, AuditLog audit, MeterRegistry meters, Clock clock) {
    List<Watched<?>> all = List.copyOf(files.values());
    Gauge.builder("hospes.policy.stale", () -> stale(all))
        .description("policy files whose newest version has a mistake and is not in force")
        .register(meters);
    files.forEach((file, watched) -> follow(file, watched, audit, clock));
  }

  private static void follow(Path file, Watched<?> watched, AuditLog audit, Clock clock) {
    watched.onChange(
        value -> {
          AuditEntry changed =
              AuditEntry.of(clock.instant(), "policy", Outcome.ACCEPTED, "policy.changed")
                  .fact("file", file);
          audit.record(
              version(value).map(digest -> changed.fact("policy", digest)).orElse(changed));
        });
    watched.onProblem(
        problem ->
            audit.record(
                AuditEntry.of(clock.instant(), "policy", Outcome.REFUSED, "policy.mistaken")
                    .fact("file", file)
                    .fact("problem", problem)
                    .fact("inForce", "the version before")));
  }

  /** As decisions name it. */
  private static Optional<Digest> version(Object value) {
    if (value instanceof AccessRules access) {
      return Optional.of(access.run().digest());
    }
    if (value instanceof Accounts accounts) {
      return Optional.of(accounts.digest());
    }
    return value instanceof ImageRules images ? Optional.of(images.digest()) : Optional.empty();
  }

  private static long stale(List<Watched<?>> files) {
    return files.stream().filter(file -> file.lastProblem().isPresent()).count();
  }
}
