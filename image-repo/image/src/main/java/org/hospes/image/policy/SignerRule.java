package org.hospes.image.policy;

import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.hospes.image.SignatureForm;
import org.hospes.trust.path.DistinguishedName;

/**
 * One signer whom a site trusts.
 *
 * @param virtualOrganisations for whose callers; {@code *} is any
 * @param forms in which forms; never empty
 * @param names of which images: each a name, or what names begin with and an asterisk; {@code *} is
 *     any, and the only one that a classic signature can meet, since it signs no name
 * @param notForOwnRuns whether the signer may run none of these images: others do
 */
public record SignerRule(
    DistinguishedName signer,
    Set<String> virtualOrganisations,
    Set<SignatureForm> forms,
    Set<String> names,
    boolean notForOwnRuns) {
  /** Stands for any virtual organisation, and for callers of none. */
  public static final String ANY = "*";

  public SignerRule {
    virtualOrganisations = Set.copyOf(virtualOrganisations);
    forms = Set.copyOf(forms);
    names = Set.copyOf(names);
  }

  /** For images of any name, which the signer may run as well. */
  public SignerRule(
      DistinguishedName signer, Set<String> virtualOrganisations, Set<SignatureForm> forms) {
    this(signer, virtualOrganisations, forms, Set.of(ANY), false);
  }

  boolean trustedWith(Optional<String> signedName) {
    return names.contains(ANY)
        || signedName.filter(name -> names.stream().anyMatch(each -> fits(each, name))).isPresent();
  }

  static boolean fits(String pattern, String name) {
    return pattern.endsWith(ANY)
        ? name.startsWith(pattern.substring(0, pattern.length() - 1))
        : name.equals(pattern);
  }

  /** As it stands in the audit log. */
  String label() {
    return "signers: "
        + signer
        + " for "
        + new TreeSet<>(virtualOrganisations)
        + (names.contains(ANY) ? "" : " names " + new TreeSet<>(names))
        + (notForOwnRuns ? " not for own runs" : "");
  }

  boolean trustedFor(String virtualOrganisation) {
    return virtualOrganisations.contains(ANY) || virtualOrganisations.contains(virtualOrganisation);
  }
}
