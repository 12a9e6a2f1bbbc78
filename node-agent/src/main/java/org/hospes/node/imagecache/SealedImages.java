package org.hospes.node.imagecache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.image.verify.DigestRecords;
import org.hospes.image.verify.EnforcedDigests;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Images that the kernel holds to their bytes from before they are hashed for the first time. Which
 * SHA-256 the kernel's digest stands for is in {@link DigestRecords}. Safe for many threads.
 */
final class SealedImages implements EnforcedDigests {
  private static final Logger LOG = LoggerFactory.getLogger(SealedImages.class);

  private final FileVerity verity;
  private final DigestRecords records;

  SealedImages(FileVerity verity, DigestRecords records) {
    this.verity = verity;
    this.records = records;
  }

  /** Whether the kernel would hold files of this folder to their bytes; found by trying. */
  boolean offeredIn(Path folder) throws IOException {
    Path probe = Files.createTempFile(folder, "verity", ".probe");
    try {
      Files.writeString(probe, "fs-verity?");
      return verity.enable(probe) && verity.measure(probe).isPresent();
    } catch (IOException e) {
      LOG.warn("{}: images will be hashed before every boot", e.getMessage());
      return false;
    } finally {
      Files.delete(probe);
    }
  }

  /** Seals an image that nobody uses yet; where that cannot be done it is hashed at each boot. */
  void seal(Path file) {
    try {
      verity.enable(file);
    } catch (IOException e) {
      LOG.warn("{}: it will be hashed before every boot", e.getMessage());
    }
  }

  @Override
  public Optional<Digest> sha256Of(Path file) throws IOException {
    return verity.measure(file).flatMap(records::sha256Of);
  }

  @Override
  public void remember(Path file, Digest sha256) throws IOException {
    Optional<String> measured = verity.measure(file);
    if (measured.isPresent() && !records.sha256Of(measured.get()).equals(Optional.of(sha256))) {
      records.write(measured.get(), sha256);
    }
  }
}
