package org.hospes.node.imagecache;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Has the kernel hold files to their bytes (fs-verity): from then on nobody can write to one, and
 * every block that is read is checked. Safe for many threads.
 */
public interface FileVerity {
  /** For file systems and kernels without it. */
  FileVerity NONE =
      new FileVerity() {
        @Override
        public boolean enable(Path file) {
          return false;
        }

        @Override
        public Optional<String> measure(Path file) {
          return Optional.empty();
        }
      };

  /**
   * Has the kernel hold a file to its bytes, which it reads once for it; again does nothing.
   *
   * @param file that nobody has open for writing
   * @return whether it does now; false where kernel or file system do not offer it
   * @throws IOException when they do, and it failed
   */
  boolean enable(Path file) throws IOException;

  /**
   * The digest that the kernel holds a file to: of a tree of hashes over its bytes, not of the
   * bytes as they stand. Equal digests mean equal bytes.
   *
   * @return hexadecimal; empty when the file is held to nothing
   */
  Optional<String> measure(Path file) throws IOException;
}
