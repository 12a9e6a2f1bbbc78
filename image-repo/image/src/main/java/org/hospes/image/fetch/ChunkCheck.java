package org.hospes.image.fetch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.hospes.image.Digest;
import org.hospes.image.Manifest;

/** Which chunks of a file are already what the manifest says. */
final class ChunkCheck {
  private static final int BLOCK = 1 << 18;

  private ChunkCheck() {}

  static boolean[] present(FileChannel file, Manifest manifest) throws IOException {
    boolean[] present = new boolean[manifest.chunks().size()];
    long size = file.size();
    byte[] block = new byte[BLOCK];
    for (int i = 0; i < present.length; i++) {
      long from = (long) i * manifest.chunkBytes();
      int length = manifest.chunkLength(i);
      present[i] =
          from + length <= size
              && digest(file, from, length, block).equals(manifest.chunks().get(i));
    }
    return present;
  }

  private static Digest digest(FileChannel file, long from, int length, byte[] block)
      throws IOException {
    MessageDigest digest = sha256();
    int done = 0;
    while (done < length) {
      int wanted = Math.min(block.length, length - done);
      int read = file.read(ByteBuffer.wrap(block, 0, wanted), from + done);
      if (read < 0) {
        break;
      }
      digest.update(block, 0, read);
      done += read;
    }
    return Digest.sha256(digest.digest());
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
