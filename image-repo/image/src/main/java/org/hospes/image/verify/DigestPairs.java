package org.hospes.image.verify;

import java.io.IOException;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;

/**
 * Which SHA-1 belongs to which SHA-256, remembered from bytes that were hashed by both in one pass.
 * Equal SHA-256 means equal bytes, and equal bytes have the same SHA-1: whoever finds the SHA-256
 * of a pair again need not compute its SHA-1 again. Whatever is not certain is not known; whoever
 * keeps pairs keeps them from everybody else's hands. Safe for use by many threads.
 */
public interface DigestPairs {
  /** Knows nothing, and remembers nothing. */
  DigestPairs NONE =
      new DigestPairs() {
        @Override
        public Optional<Digest> sha256Of(Digest sha1) {
          return Optional.empty();
        }

        @Override
        public void remember(Digest sha1, Digest sha256) {}
      };

  /**
   * The SHA-256 of the only bytes known to have this SHA-1; empty when none are, or it is not
   * certain.
   */
  Optional<Digest> sha256Of(Digest sha1);

  /**
   * Remembers a pair that was computed from the same bytes, those of an image found good.
   *
   * @throws ImageRefusedException with {@code image.digest.collision} when other bytes with this
   *     SHA-1 are known: one SHA-1 stands for one disk
   * @throws IOException when it cannot be remembered for good
   */
  void remember(Digest sha1, Digest sha256) throws ImageRefusedException, IOException;
}
