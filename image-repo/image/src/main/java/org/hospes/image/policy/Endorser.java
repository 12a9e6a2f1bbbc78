package org.hospes.image.policy;

import org.hospes.trust.path.DistinguishedName;

/**
 * Somebody beside the signer who signed an image's manifest, by a chain that validated.
 *
 * @param key that it was done with
 */
public record Endorser(DistinguishedName name, KeySize key) {}
