package org.hospes.service.admission;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.image.SignedImage;

/**
 * What a reference meant when it was asked.
 *
 * @param label {@code NAME:VERSION}
 * @param digest SHA-256 of the disk's bytes
 * @param papers to be judged by whoever boots it
 * @param sources HTTPS addresses of the disk's bytes
 * @param retiredAt since when nothing new may be started from it
 */
public record ResolvedImage(
    String label,
    Digest digest,
    SignedImage papers,
    List<URI> sources,
    Optional<Instant> retiredAt) {
  public ResolvedImage {
    sources = List.copyOf(sources);
  }
}
