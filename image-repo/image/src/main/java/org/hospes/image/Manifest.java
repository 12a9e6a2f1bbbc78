package org.hospes.image;

import java.util.List;
import java.util.Optional;

/**
 * What a manifest says of an image; its parts agree with each other. Never written back: whoever
 * needs the bytes keeps a {@link SignedImage}.
 *
 * @param diskBytes length of the file
 * @param virtualBytes length of the disk that the guest sees
 * @param chunkBytes length of every chunk but the last
 * @param chunks SHA-256 of each chunk, in order
 * @param signer slash form of the signer's DN, as the manifest claims it
 */
public record Manifest(
    String name,
    String version,
    DiskFormat format,
    long diskBytes,
    long virtualBytes,
    Digest sha1,
    Digest sha256,
    int chunkBytes,
    List<Digest> chunks,
    BootInformation boot,
    String signer,
    Optional<String> virtualOrganisation) {
  private static final int SMALLEST_CHUNK = 4096;
  private static final int LARGEST_CHUNK = 1 << 30;

  public Manifest {
    chunks = List.copyOf(chunks);
    ImageReference.requireLabel("name", name);
    ImageReference.requireLabel("version", version);
    if (diskBytes < 1 || virtualBytes < 1) {
      throw new IllegalArgumentException(
          "manifest: disk: expected lengths above 0, found " + diskBytes + " and " + virtualBytes);
    }
    if (format == DiskFormat.RAW && diskBytes != virtualBytes) {
      throw new IllegalArgumentException(
          "manifest: disk: a raw disk is as long as its file: expected "
              + diskBytes
              + ", found "
              + virtualBytes);
    }
    if (sha1.algorithm() != Digest.Algorithm.SHA1
        || sha256.algorithm() != Digest.Algorithm.SHA256
        || chunks.stream().anyMatch(c -> c.algorithm() != Digest.Algorithm.SHA256)) {
      throw new IllegalArgumentException("manifest: a digest of another algorithm than it says");
    }
    if (chunkBytes < SMALLEST_CHUNK || chunkBytes > LARGEST_CHUNK) {
      throw new IllegalArgumentException(
          "manifest: chunks: expected 4096 to 1073741824 bytes each, found " + chunkBytes);
    }
    long expected = (diskBytes - 1) / chunkBytes + 1;
    if (chunks.size() != expected) {
      throw new IllegalArgumentException(
          "manifest: chunks: expected " + expected + " digests, found " + chunks.size());
    }
    virtualOrganisation.ifPresent(vo -> ImageReference.requireLabel("virtualOrganisation", vo));
  }

  /** Length of the chunk at an index. */
  public int chunkLength(int index) {
    return (int) Math.min(chunkBytes, diskBytes - (long) index * chunkBytes);
  }
}
