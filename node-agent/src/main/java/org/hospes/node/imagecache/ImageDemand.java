package org.hospes.node.imagecache;

import java.net.URI;
import java.util.List;
import java.util.UUID;
import org.hospes.image.Digest;
import org.hospes.image.SignedImage;
import org.hospes.image.policy.Audience;

/**
 * That a guest needs an image.
 *
 * @param holder the workspace; one image at a time
 * @param digest SHA-256 of the disk that was ordered
 * @param sources where its bytes are to be had
 * @param audience who is to run it
 */
public record ImageDemand(
    UUID holder, Digest digest, SignedImage papers, List<URI> sources, Audience audience) {
  public ImageDemand {
    sources = List.copyOf(sources);
  }
}
