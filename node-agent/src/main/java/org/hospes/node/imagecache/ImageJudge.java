package org.hospes.node.imagecache;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignedImage;
import org.hospes.image.verify.KnownDigests;
import org.hospes.image.verify.VerifiedImage;
import org.hospes.image.verify.VerifiedPapers;

/** Whether an image may boot here, by this node's own copy of the policy. Safe for many threads. */
public interface ImageJudge {
  /** Judges all that can be judged before any byte is here. */
  VerifiedPapers papers(SignedImage papers, Optional<String> virtualOrganisation)
      throws ImageRefusedException;

  /**
   * Hashes this very file and judges it.
   *
   * @param arrived whether its bytes came just now, and are looked at for the first time
   * @param known what the node knows of digests, and is to remember
   */
  VerifiedImage image(
      SignedImage papers,
      Path file,
      Optional<String> virtualOrganisation,
      boolean arrived,
      KnownDigests known)
      throws ImageRefusedException, IOException;
}
