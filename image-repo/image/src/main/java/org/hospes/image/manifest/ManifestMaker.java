package org.hospes.image.manifest;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.hospes.image.BootInformation;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.Manifest;
import org.hospes.image.digest.DiskDigests;
import org.hospes.image.inspect.DiskFacts;
import org.hospes.image.inspect.DiskInspector;

/** Describes a disk for its manifest, on the builder's machine. Stateless. */
public final class ManifestMaker {
  private static final int SMALLEST_CHUNK = 1 << 20;
  private static final int MOST_CHUNKS = 4096;

  private ManifestMaker() {}

  /**
   * Inspects a disk and hashes it in one pass.
   *
   * @param signer slash form of the DN whose signature will stand beside the manifest
   * @throws ImageRefusedException when the file is no disk that a node would take
   */
  public static Manifest describe(
      Path disk,
      String name,
      String version,
      Optional<String> virtualOrganisation,
      BootInformation boot,
      String signer)
      throws IOException, ImageRefusedException {
    try (FileChannel channel = FileChannel.open(disk, StandardOpenOption.READ)) {
      DiskFacts facts = DiskInspector.inspect(channel);
      int chunkBytes = chunkBytes(facts.fileBytes());
      DiskDigests digests = DiskDigests.withChunks(channel, chunkBytes);
      return new Manifest(
          name,
          version,
          facts.format(),
          facts.fileBytes(),
          facts.virtualBytes(),
          digests.sha1().orElseThrow(),
          digests.sha256(),
          chunkBytes,
          digests.chunks(),
          boot,
          signer,
          virtualOrganisation);
    }
  }

  /** A power of two, so that a manifest stays small enough for a message however large the disk. */
  static int chunkBytes(long diskBytes) {
    long chunk = SMALLEST_CHUNK;
    while (diskBytes / chunk >= MOST_CHUNKS && chunk < 1 << 30) {
      chunk <<= 1;
    }
    return (int) chunk;
  }
}
