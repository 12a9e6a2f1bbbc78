package org.hospes.node.imagecache;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.hospes.image.Digest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All papers that were accepted for an image: {@code papers/HEX/N.json}, each whole or not there.
 * Calls are made one at a time.
 */
final class PapersShelf {
  private static final Logger LOG = LoggerFactory.getLogger(PapersShelf.class);
  private static final String SUFFIX = ".json";
  private static final long LARGEST = 8L << 20;

  /** More than any image has signers; the oldest then make way. */
  private static final int MOST = 64;

  private final Path folder;
  private final PapersFormat format;

  PapersShelf(Path folder, PapersFormat format) throws IOException {
    this.folder = folder;
    this.format = format;
    Files.createDirectories(folder);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    GuardedWay.require(folder);
  }

  /**
   * Keeps papers, on the disk when this returns. The same again, for another of the same virtual
   * organisation, take the place of those before: of what a service said of its first sight the
   * latest counts, and is said in other words for every order.
   */
  void keep(Digest digest, PapersFormat.Accepted accepted) throws IOException {
    byte[] bytes = format.write(accepted);
    SortedMap<Integer, Path> kept = files(digest);
    for (Path file : kept.values()) {
      Optional<PapersFormat.Accepted> before = read(file);
      if (before.isPresent() && isSame(before.get(), accepted, bytes)) {
        if (!before.get().papers().sight().equals(accepted.papers().sight())) {
          Whole.write(file, bytes);
        }
        return;
      }
    }
    Path of = of(digest);
    Files.createDirectories(of);
    int next = kept.isEmpty() ? 1 : kept.lastKey() + 1;
    Whole.write(of.resolve(next + SUFFIX), bytes);
    Whole.sync(folder);
    if (kept.size() >= MOST) {
      Files.deleteIfExists(kept.get(kept.firstKey()));
    }
  }

  private boolean isSame(
      PapersFormat.Accepted before, PapersFormat.Accepted accepted, byte[] bytes) {
    PapersFormat.Accepted seenNow =
        new PapersFormat.Accepted(
            before.papers().withSight(accepted.papers().sight()), accepted.audience());
    return before.audience().virtualOrganisation().equals(accepted.audience().virtualOrganisation())
        && Arrays.equals(bytes, format.write(seenNow));
  }

  /** Those of an image; ones that cannot be read are as good as none. */
  List<PapersFormat.Accepted> papers(Digest digest) throws IOException {
    List<PapersFormat.Accepted> all = new ArrayList<>();
    for (Path file : files(digest).values()) {
      read(file).ifPresent(all::add);
    }
    return all;
  }

  private Optional<PapersFormat.Accepted> read(Path file) {
    try {
      if (Files.size(file) > LARGEST) {
        throw new IOException("longer than any papers");
      }
      return Optional.of(format.read(Files.readAllBytes(file)));
    } catch (IOException | RuntimeException e) {
      LOG.error("{}: papers of an image cannot be read: {}", file, e.toString());
      return Optional.empty();
    }
  }

  /** Forgets an image that is not here any more. */
  void drop(Digest digest) throws IOException {
    if (!Files.isDirectory(of(digest))) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(of(digest))) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
    Files.delete(of(digest));
  }

  /** Every image that there are papers of. */
  List<Digest> contents() throws IOException {
    return CacheFolder.names(folder);
  }

  private Path of(Digest digest) {
    return folder.resolve(digest.hex());
  }

  private SortedMap<Integer, Path> files(Digest digest) throws IOException {
    SortedMap<Integer, Path> found = new TreeMap<>();
    if (!Files.isDirectory(of(digest))) {
      return found;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(of(digest))) {
      for (Path file : files) {
        String name = String.valueOf(file.getFileName());
        if (name.matches("[1-9][0-9]{0,8}\\.json")) {
          found.put(Integer.valueOf(name.substring(0, name.length() - SUFFIX.length())), file);
        }
      }
    }
    return found;
  }

  /** Files that are there whole or not at all, whenever the power goes. */
  static final class Whole {
    private Whole() {}

    static void write(Path file, byte[] bytes) throws IOException {
      Path folder = file.toAbsolutePath().getParent();
      Path unfinished = file.resolveSibling(file.getFileName() + ".new");
      try (FileChannel out =
          FileChannel.open(
              unfinished,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        ByteBuffer rest = ByteBuffer.wrap(bytes);
        while (rest.hasRemaining()) {
          out.write(rest);
        }
        out.force(true);
      }
      Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
      sync(folder);
    }

    static void sync(Path folder) throws IOException {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }
}
