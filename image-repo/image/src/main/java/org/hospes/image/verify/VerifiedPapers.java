package org.hospes.image.verify;

import java.util.Set;
import org.hospes.image.Digest;
import org.hospes.image.Manifest;
import org.hospes.image.SignatureForm;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ValidatedPath;

/**
 * Papers found good without the disk: under CMS everything but the bytes, under a classic signature
 * only the signer and the policy.
 *
 * @param manifest under a classic signature still anyone's word
 * @param manifestDigest SHA-256 of the manifest's bytes
 * @param path the signer's validated chain
 * @param virtualOrganisations whose callers may run it; {@code *} is any
 * @param endorsers who signed for it beside the signer and counts here
 * @param rule which line of the policy allowed it
 */
public record VerifiedPapers(
    Manifest manifest,
    Digest manifestDigest,
    SignatureForm form,
    ValidatedPath path,
    Set<String> virtualOrganisations,
    Set<DistinguishedName> endorsers,
    String rule) {
  public VerifiedPapers {
    virtualOrganisations = Set.copyOf(virtualOrganisations);
    endorsers = Set.copyOf(endorsers);
  }

  /** Who signed. */
  public DistinguishedName signer() {
    return path.endEntity();
  }
}
