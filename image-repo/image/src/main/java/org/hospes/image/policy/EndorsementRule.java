package org.hospes.image.policy;

import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.hospes.trust.path.DistinguishedName;

/**
 * How many of which people must have signed an image's manifest before it runs here. The signer is
 * one of them only when listed here and having endorsed it as well.
 *
 * @param names of which images: each a name, or what names begin with and an asterisk
 * @param of whose endorsements count, each person's once
 * @param atLeast how many of them are needed
 */
public record EndorsementRule(Set<String> names, Set<DistinguishedName> of, int atLeast) {
  /** Keeps copies; no rule asks for nobody, nor for more than there are. */
  public EndorsementRule {
    names = Set.copyOf(names);
    of = Set.copyOf(of);
    if (names.isEmpty() || atLeast < 1 || atLeast > of.size()) {
      throw new IllegalArgumentException(
          "expected names, and 1 to " + of.size() + " endorsers, found " + names + ", " + atLeast);
    }
  }

  boolean isFor(String name) {
    return names.stream().anyMatch(each -> SignerRule.fits(each, name));
  }

  /** Those of them who count here; one who signed twice is one. */
  Set<DistinguishedName> counted(Set<DistinguishedName> endorsers) {
    return endorsers.stream().filter(of::contains).collect(Collectors.toUnmodifiableSet());
  }

  boolean metBy(Set<DistinguishedName> endorsers) {
    return counted(endorsers).size() >= atLeast;
  }

  /** As it stands in refusals and in the audit log. */
  String label() {
    return "endorsements: "
        + String.join(", ", new TreeSet<>(names))
        + " by "
        + atLeast
        + " of "
        + of.size();
  }

  static String slashed(Set<DistinguishedName> names) {
    return names.isEmpty()
        ? "none"
        : names.stream().map(DistinguishedName::slash).sorted().collect(Collectors.joining(", "));
  }
}
