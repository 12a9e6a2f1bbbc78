package org.hospes.image.policy;

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
 * @param signedName of the image; empty under a classic signature, where nobody signed it
 * @param signedVirtualOrganisation what a signed manifest restricts itself to; always empty under a
 *     classic signature, where nobody signed it
 * @param audience for whom
 */
public record Evidence(
    SignatureForm form,
    DistinguishedName signer,
    KeySize key,
    Digest digest,
    Optional<String> signedName,
    Optional<String> signedVirtualOrganisation,
    Audience audience) {}
