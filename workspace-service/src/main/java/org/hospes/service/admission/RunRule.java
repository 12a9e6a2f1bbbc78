package org.hospes.service.admission;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hospes.service.workspace.Owner;
import org.hospes.trust.caller.Caller;
import org.hospes.trust.path.DistinguishedName;

/**
 * One rule of who may run. It concerns a caller who meets every condition that it names.
 *
 * @param names these people alone; empty: whoever
 * @param fqans with one of these attributes, of the virtual organisation that the caller speaks
 *     for; empty: with any or none
 * @param mapfile only those in the grid-mapfile
 * @param refuses whether those whom it concerns may not run
 */
public record RunRule(
    RuleName name,
    Set<DistinguishedName> names,
    List<FqanPattern> fqans,
    boolean mapfile,
    boolean refuses,
    RunLimits limits) {
  public RunRule {
    names = Set.copyOf(names);
    fqans = List.copyOf(fqans);
  }

  /** Whether this caller is concerned. */
  boolean concerns(Caller caller, Accounts accounts) {
    return meets(caller.dn(), accounts)
        && (fqans.isEmpty() || spokenFor(caller).stream().anyMatch(this::meant));
  }

  /** Whether the owner of a workspace may have been concerned when it was asked for. */
  boolean mayConcern(Owner owner, Accounts accounts) {
    return meets(owner.dn(), accounts)
        && (fqans.isEmpty()
            || fqans.stream()
                .map(FqanPattern::virtualOrganisation)
                .anyMatch(vo -> owner.virtualOrganisation().filter(vo::equals).isPresent()));
  }

  /**
   * Whether nobody can come as far as this rule, because each whom it concerns is concerned by one
   * before.
   */
  boolean shadowedBy(List<RunRule> before) {
    List<Optional<DistinguishedName>> people =
        names.isEmpty() ? List.of(Optional.empty()) : names.stream().map(Optional::of).toList();
    List<Optional<FqanPattern>> attributes =
        fqans.isEmpty() ? List.of(Optional.empty()) : fqans.stream().map(Optional::of).toList();
    return people.stream()
        .allMatch(
            person ->
                attributes.stream()
                    .allMatch(
                        attribute ->
                            before.stream()
                                .anyMatch(rule -> rule.covers(person, attribute, mapfile))));
  }

  private boolean covers(
      Optional<DistinguishedName> person, Optional<FqanPattern> attribute, boolean mapped) {
    return (names.isEmpty() || person.filter(names::contains).isPresent())
        && (fqans.isEmpty()
            || attribute.filter(a -> fqans.stream().anyMatch(f -> f.covers(a))).isPresent())
        && (!mapfile || mapped);
  }

  private boolean meets(DistinguishedName dn, Accounts accounts) {
    return (names.isEmpty() || names.contains(dn))
        && (!mapfile || accounts.account(dn).isPresent());
  }

  private boolean meant(String fqan) {
    return fqans.stream().anyMatch(pattern -> pattern.matches(fqan));
  }

  /**
   * Attributes of the one virtual organisation on whose behalf the caller asks: who belongs to two
   * must not run by the one and be counted for the other.
   */
  private static List<String> spokenFor(Caller caller) {
    String vo = "/" + caller.virtualOrganisation().orElse("");
    return caller.fqans().stream().filter(f -> f.equals(vo) || f.startsWith(vo + "/")).toList();
  }
}
