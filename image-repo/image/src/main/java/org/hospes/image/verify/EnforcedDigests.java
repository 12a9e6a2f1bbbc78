package org.hospes.image.verify;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.hospes.image.Digest;

/**
 * Files that the kernel itself holds to a digest (fs-verity): whoever reads one gets the bytes that
 * were hashed once, or an error, whatever is done to the disk below. Such a file need not be hashed
 * again. Whatever is not certain is not known. Safe for use by many threads.
 */
public interface EnforcedDigests {
  /** Holds no file to anything. */
  EnforcedDigests NONE =
      new EnforcedDigests() {
        @Override
        public Optional<Digest> sha256Of(Path file) {
          return Optional.empty();
        }

        @Override
        public void remember(Path file, Digest sha256) {}
      };

  /**
   * SHA-256 of the only bytes that this file can give, asked of the kernel now; empty when it holds
   * the file to nothing, or to what nobody hashed.
   *
   * @throws IOException when the kernel cannot be asked
   */
  Optional<Digest> sha256Of(Path file) throws IOException;

  /**
   * Remembers what a file was hashed to, if the kernel has held it to its bytes since before that;
   * else does nothing.
   *
   * @throws IOException when it cannot be remembered for good
   */
  void remember(Path file, Digest sha256) throws IOException;
}
