package org.hospes.node.imagecache;

import java.io.IOException;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignedImage;
import org.hospes.image.policy.Audience;
import org.hospes.image.verify.KnownDigests;
import org.hospes.image.verify.OpenDisk;
import org.hospes.image.verify.VerifiedImage;
import org.hospes.image.verify.VerifiedPapers;

/** Whether an image may boot here, by this node's own copy of the policy. Safe for many threads. */
public interface ImageJudge {
  /** Judges all that can be judged before any byte is here. */
  VerifiedPapers papers(SignedImage papers, Audience audience) throws ImageRefusedException;

  /**
   * Hashes this very file and judges it.
   *
   * @param file as it is open
   * @param arrived whether its bytes came just now, and are looked at for the first time
   * @param known what the node knows of digests, and is to remember
   */
  VerifiedImage image(
      SignedImage papers, OpenDisk file, Audience audience, boolean arrived, KnownDigests known)
      throws ImageRefusedException, IOException;
}
