package org.hospes.service.admission;

import java.util.Map;
import java.util.Optional;
import org.hospes.service.workspace.Owner;
import org.hospes.trust.path.DistinguishedName;

/**
 * Every quota of a site. What counts is whatever has not ended: a workspace that is stopped, paused
 * or suspended keeps its place.
 *
 * @param person what anybody may have, as far as their own quota says nothing else
 * @param people those with a quota of their own
 * @param organisations what all of one together may have
 */
public record Quotas(
    Quota person, Map<DistinguishedName, Quota> people, Map<String, Quota> organisations) {
  public Quotas {
    people = Map.copyOf(people);
    organisations = Map.copyOf(organisations);
  }

  /** Whether that virtual organisation has a quota. */
  boolean limits(Optional<String> virtualOrganisation) {
    return virtualOrganisation.filter(organisations::containsKey).isPresent();
  }

  /**
   * What would be too much, were the request granted.
   *
   * @param used without what is asked
   */
  Optional<Objection> exceeded(RunRequest request, Usage used) {
    Owner owner = request.owner();
    Usage.Amount theirs = used.person().plus(Usage.Amount.of(request.resources()));
    Usage.Amount all = used.organisation().plus(Usage.Amount.of(request.resources()));
    Optional<Quota> own = Optional.ofNullable(people.get(owner.dn()));
    return own.flatMap(quota -> quota.exceeded(theirs, "you", "quota"))
        .or(() -> own.map(person::without).orElse(person).exceeded(theirs, "you", "quota"))
        .or(
            () ->
                owner
                    .virtualOrganisation()
                    .flatMap(
                        vo ->
                            Optional.ofNullable(organisations.get(vo))
                                .flatMap(
                                    quota ->
                                        quota.exceeded(
                                            all,
                                            "all of the virtual organisation " + vo + " together",
                                            "quota.vo"))));
  }
}
