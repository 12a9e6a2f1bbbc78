package org.hospes.service.admission;

import java.util.Optional;
import org.hospes.service.workspace.Refusal;

/**
 * How much somebody may have at once, a person or all of a virtual organisation together. What is
 * left out is not limited here.
 *
 * @param memoryBytes of all guests together
 */
public record Quota(
    RuleName name, Optional<Long> workspaces, Optional<Long> cpus, Optional<Long> memoryBytes) {
  private static final String ADVICE = "destroy a workspace, or ask the site's operators for more";

  /** What this one limits and the other one does not. */
  Quota without(Quota other) {
    return new Quota(
        name,
        workspaces.filter(w -> other.workspaces.isEmpty()),
        cpus.filter(c -> other.cpus.isEmpty()),
        memoryBytes.filter(m -> other.memoryBytes.isEmpty()));
  }

  /**
   * The first limit that would be passed.
   *
   * @param wanted everything together, what is asked included
   * @param whose {@code you}, or a virtual organisation
   * @param code what the refusals' codes begin with
   */
  Optional<Objection> exceeded(Usage.Amount wanted, String whose, String code) {
    return exceeded(workspaces, wanted.workspaces(), "workspaces", "workspaces", whose, code)
        .or(() -> exceeded(cpus, wanted.cpus(), "cpus", "CPUs", whose, code))
        .or(
            () ->
                exceeded(
                    memoryBytes, wanted.memoryBytes(), "memory", "bytes of memory", whose, code));
  }

  private Optional<Objection> exceeded(
      Optional<Long> limit, long wanted, String key, String unit, String whose, String code) {
    return limit
        .filter(most -> wanted > most)
        .map(
            most ->
                new Objection(
                    name,
                    Refusal.of(
                            Refusal.Category.NOT_ALLOWED,
                            code + "." + key,
                            "with this request "
                                + whose
                                + " would have "
                                + wanted
                                + " "
                                + unit
                                + "; this site allows "
                                + most)
                        .advice(ADVICE)
                        .fact("limit", most)
                        .fact("wanted", wanted)));
  }
}
