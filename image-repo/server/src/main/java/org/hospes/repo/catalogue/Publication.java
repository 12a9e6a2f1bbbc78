package org.hospes.repo.catalogue;

import java.time.Instant;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.trust.path.DistinguishedName;

/**
 * A name, its version, and what they mean for ever; only retirement is ever added.
 *
 * @param sequence its place in the order of publishing
 * @param digest SHA-256 of the disk
 * @param manifestDigest SHA-256 of the manifest's bytes
 */
public record Publication(
    long sequence,
    String name,
    String version,
    Digest digest,
    Digest manifestDigest,
    SignatureForm form,
    DistinguishedName signer,
    DistinguishedName publisher,
    long sizeBytes,
    Instant publishedAt,
    Optional<Retirement> retirement) {

  /** Since when nothing new may be started from it, on whose word, and why. */
  public record Retirement(Instant at, DistinguishedName by, String why) {}

  public String label() {
    return name + ":" + version;
  }

  public boolean retired() {
    return retirement.isPresent();
  }

  Publication retired(Retirement how) {
    return new Publication(
        sequence,
        name,
        version,
        digest,
        manifestDigest,
        form,
        signer,
        publisher,
        sizeBytes,
        publishedAt,
        Optional.of(how));
  }
}
