package org.hospes.repo.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.hospes.image.Digest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Disks by their SHA-256. A disk is there whole or not at all, and never changes. Safe for use by
 * many threads.
 */
public final class StoredDisks {
  private static final Logger LOG = LoggerFactory.getLogger(StoredDisks.class);
  private final Path folder;

  /** Opens, or makes, the folder. */
  public StoredDisks(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
  }

  /** The file of a disk, if it is here. */
  public Optional<Path> find(Digest digest) {
    Path file = file(digest);
    return Files.isRegularFile(file) ? Optional.of(file) : Optional.empty();
  }

  /**
   * Takes over a verified file; after this returns the disk survives a power cut. Repeating it with
   * the same digest changes nothing.
   */
  public Path adopt(Path verified, Digest digest) throws IOException {
    Path file = file(digest);
    DurableFiles.sync(verified);
    Files.setPosixFilePermissions(verified, PosixFilePermissions.fromString("r--r-----"));
    Files.move(verified, file, StandardCopyOption.ATOMIC_MOVE);
    DurableFiles.syncFolder(folder);
    return file;
  }

  /** Deletes disks that no name means: those of a publish that a crash cut off. */
  public void sweep(Set<Digest> named) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (named.stream().noneMatch(digest -> digest.hex().equals(name))) {
          LOG.info("swept: disk={} reason=no name means it", name);
          Files.delete(file);
        }
      }
    }
  }

  /** Bytes of all disks. */
  public long bytes() {
    try (Stream<Path> files = Files.list(folder)) {
      return files.mapToLong(StoredDisks::size).sum();
    } catch (IOException e) {
      LOG.warn("{}: {}", folder, e.toString());
      return 0;
    }
  }

  /** Bytes that can still be stored. */
  public long room() throws IOException {
    return Files.getFileStore(folder).getUsableSpace();
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return 0;
    }
  }

  private Path file(Digest digest) {
    if (digest.algorithm() != Digest.Algorithm.SHA256) {
      throw new IllegalArgumentException("disks are kept by SHA-256, asked for " + digest);
    }
    return folder.resolve(digest.hex());
  }
}
