package org.hospes.image.verify;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.hospes.image.BootInformation;
import org.hospes.image.Digest;
import org.hospes.image.DiskFormat;
import org.hospes.image.SignatureForm;
import org.hospes.trust.path.DistinguishedName;

/**
 * An image whose every byte is known to be what a trusted builder signed. These are the facts to
 * boot by; the manifest is not to be asked again.
 *
 * @param digest SHA-256 of the disk
 * @param hashed which digests were computed over the file now; a SHA-1 that was signed and is not
 *     among them was known from {@link DigestPairs}, a SHA-256 from {@link EnforcedDigests}
 * @param format by looking, never by name
 * @param boot always {@link BootInformation#OWN_LOADER} under a classic signature
 * @param virtualOrganisations whose callers may run it; {@code *} is any
 * @param endorsers who signed for it beside the signer and counts here
 * @param rule which line of the policy allowed it, for people
 * @param file which file was hashed
 * @param at when
 * @param hashing how long hashing took
 */
public record VerifiedImage(
    Digest digest,
    Set<Digest.Algorithm> hashed,
    Digest manifestDigest,
    SignatureForm form,
    DistinguishedName signer,
    DiskFormat format,
    long diskBytes,
    long virtualBytes,
    BootInformation boot,
    Set<String> virtualOrganisations,
    Set<DistinguishedName> endorsers,
    String rule,
    FileIdentity file,
    Instant at,
    Duration hashing) {
  public VerifiedImage {
    hashed = Set.copyOf(hashed);
    virtualOrganisations = Set.copyOf(virtualOrganisations);
    endorsers = Set.copyOf(endorsers);
  }
}
