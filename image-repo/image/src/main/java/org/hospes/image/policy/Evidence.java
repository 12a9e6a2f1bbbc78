package org.hospes.image.policy;

import java.util.List;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.trust.path.DistinguishedName;

/**
 * All that the policy looks at.
 *
 * @param signer of the validated chain
 * @param key that the signature was made with
 * @param digest SHA-256 of the disk
 * @param name of the image, as its manifest claims; under a classic signature the signer did not
 *     sign it
 * @param signedVirtualOrganisation what a signed manifest restricts itself to; always empty under a
 *     classic signature, where nobody signed it
 * @param endorsers who else signed the manifest, with good chains
 * @param audience for whom
 */
public record Evidence(
    SignatureForm form,
    DistinguishedName signer,
    KeySize key,
    Digest digest,
    String name,
    Optional<String> signedVirtualOrganisation,
    List<Endorser> endorsers,
    Audience audience) {
  /** Keeps a copy. */
  public Evidence {
    endorsers = List.copyOf(endorsers);
  }

  /** The name, if the signer signed it. */
  Optional<String> signedName() {
    return form.classic() ? Optional.empty() : Optional.of(name);
  }
}
