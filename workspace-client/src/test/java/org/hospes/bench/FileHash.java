package org.hospes.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import org.hospes.image.Digest;

/** One file of the node's cache, and how long its SHA-256 takes. */
final class FileHash {
  private final Path file;
  private final Digest digest;

  private FileHash(Path file, Digest digest) {
    this.file = file;
    this.digest = digest;
  }

  /** The whole image of this digest. */
  static FileHash of(Path cache, String digest) {
    Digest name = Digest.parse(digest);
    return new FileHash(cache.resolve(name.hex()), name);
  }

  /** Seconds in plain Java, on one thread. */
  double byJava() throws IOException, GeneralSecurityException {
    byte[] block = new byte[1 << 20];
    long begin = System.nanoTime();
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(block); n >= 0; n = in.read(block)) {
        sha256.update(block, 0, n);
      }
    }
    Digest found = Digest.sha256(sha256.digest());
    double seconds = (System.nanoTime() - begin) / 1e9;
    require(found.equals(digest), found.toString());
    return seconds;
  }

  /** Seconds that OpenSSL takes, its start included. */
  double byOpenssl() throws IOException, InterruptedException {
    long begin = System.nanoTime();
    String said = Tool.output("openssl", "dgst", "-sha256", "-r", file.toString());
    double seconds = (System.nanoTime() - begin) / 1e9;
    require(said.startsWith(digest.hex()), said);
    return seconds;
  }

  private void require(boolean same, String found) {
    if (!same) {
      throw new IllegalStateException(file + ": expected " + digest + ", found " + found);
    }
  }
}
