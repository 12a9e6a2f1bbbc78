package org.hospes.image.policy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.image.policy.ImagePolicy.ExpiredSigners;
import org.hospes.trust.path.DistinguishedName;

/**
 * What an image policy says.
 *
 * @param forms in which images may be signed at all
 * @param signers whose images may boot; no other's
 * @param refused SHA-256 of disks that never boot
 * @param smallestKeys in bits by {@link KeySize#family family}; a family that is not among them is
 *     held to nothing but what every signature is held to
 * @param endorsements each rule that is for an image must be met
 * @param expiredSigners what becomes of images whose signer's certificate has expired
 * @param countersigners whose word counts that an image was published
 * @param endsRevoked whether nodes end running guests whose image's signer is revoked, and do not
 *     only tell
 */
public record PolicyContent(
    Set<SignatureForm> forms,
    List<SignerRule> signers,
    Set<Digest> refused,
    Map<String, Integer> smallestKeys,
    List<EndorsementRule> endorsements,
    ExpiredSigners expiredSigners,
    Set<DistinguishedName> countersigners,
    boolean endsRevoked) {
  public PolicyContent {
    forms = Set.copyOf(forms);
    signers = List.copyOf(signers);
    refused = Set.copyOf(refused);
    smallestKeys = Map.copyOf(smallestKeys);
    endorsements = List.copyOf(endorsements);
    countersigners = Set.copyOf(countersigners);
  }

  /** That and nothing else: keys of any size, no endorsements, nobody's word for a publication. */
  public static PolicyContent of(
      Set<SignatureForm> forms, List<SignerRule> signers, Set<Digest> refused) {
    return new PolicyContent(
        forms,
        signers,
        refused,
        Map.of(),
        List.of(),
        ExpiredSigners.COUNTERSIGNED,
        Set.of(),
        false);
  }

  /** The same with other rules on endorsements. */
  public PolicyContent withEndorsements(List<EndorsementRule> rules) {
    return new PolicyContent(
        forms, signers, refused, smallestKeys, rules, expiredSigners, countersigners, endsRevoked);
  }

  /** The same with another rule on expired signers. */
  public PolicyContent withExpiredSigners(ExpiredSigners rule, Set<DistinguishedName> whose) {
    return new PolicyContent(
        forms, signers, refused, smallestKeys, endorsements, rule, whose, endsRevoked);
  }
}
