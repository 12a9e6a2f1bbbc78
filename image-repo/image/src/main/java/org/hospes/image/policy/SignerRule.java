package org.hospes.image.policy;

import java.util.Set;
import org.hospes.image.SignatureForm;
import org.hospes.trust.path.DistinguishedName;

/**
 * One signer whom a site trusts.
 *
 * @param virtualOrganisations for whose callers; {@code *} is any
 * @param forms in which forms; never empty
 */
public record SignerRule(
    DistinguishedName signer, Set<String> virtualOrganisations, Set<SignatureForm> forms) {
  /** Stands for any virtual organisation, and for callers of none. */
  public static final String ANY = "*";

  public SignerRule {
    virtualOrganisations = Set.copyOf(virtualOrganisations);
    forms = Set.copyOf(forms);
  }

  boolean trustedFor(String virtualOrganisation) {
    return virtualOrganisations.contains(ANY) || virtualOrganisations.contains(virtualOrganisation);
  }
}
