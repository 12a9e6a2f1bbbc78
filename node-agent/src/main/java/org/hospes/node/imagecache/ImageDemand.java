package org.hospes.node.imagecache;

import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.hospes.image.Digest;
import org.hospes.image.SignedImage;

/**
 * That a guest needs an image.
 *
 * @param holder the workspace; one image at a time
 * @param digest SHA-256 of the disk that was ordered
 * @param sources where its bytes are to be had
 * @param virtualOrganisation the caller's
 */
public record ImageDemand(
    UUID holder,
    Digest digest,
    SignedImage papers,
    List<URI> sources,
    Optional<String> virtualOrganisation) {
  public ImageDemand {
    sources = List.copyOf(sources);
  }
}
