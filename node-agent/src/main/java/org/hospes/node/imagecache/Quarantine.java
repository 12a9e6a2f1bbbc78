package org.hospes.node.imagecache;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.hospes.image.Digest;
import org.hospes.node.imagecache.PapersShelf.Whole;

/**
 * Images that no papers speak for any more: {@code quarantine/HEX.reason} says since when and why,
 * and is written before anything moves and deleted after everything else; {@code quarantine/HEX} is
 * the image, unless it is still in use where it was. Only the agent can read them. Calls are made
 * one at a time.
 */
final class Quarantine {
  private static final String SUFFIX = ".reason";

  private final Path folder;
  private final CacheFolder images;
  private final SortedMap<String, Reason> marked = new TreeMap<>();

  /**
   * Why an image stands here.
   *
   * @param code of the refusal
   * @param message of it, for people, on one line
   */
  record Reason(Instant since, String code, String message) {
    Reason {
      message = message.replaceAll("\\p{Cntrl}+", " ");
    }
  }

  Quarantine(Path folder, CacheFolder images) throws IOException {
    this.folder = folder;
    this.images = images;
    Files.createDirectories(folder);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    GuardedWay.require(folder);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        String name = String.valueOf(file.getFileName());
        if (name.matches("[0-9a-f]{64}\\.reason")) {
          marked.put(name.substring(0, 64), read(file));
        } else if (name.endsWith(".new")) {
          Files.delete(file);
        }
      }
    }
    for (Digest digest : CacheFolder.names(folder)) {
      // Somebody took its reason away; since when it stands here is not known any more.
      if (!marked.containsKey(digest.hex())) {
        Files.delete(file(digest));
      }
    }
  }

  synchronized Optional<Reason> of(Digest digest) {
    return Optional.ofNullable(marked.get(digest.hex()));
  }

  /** Every image that is marked, whether moved already or still in use. */
  synchronized SortedMap<String, Reason> all() {
    return new TreeMap<>(marked);
  }

  /** From when this returns the image is not served and not booted, also by an agent to come. */
  synchronized void mark(Digest digest, Reason reason) throws IOException {
    String text = reason.since() + "\n" + reason.code() + "\n" + reason.message() + "\n";
    Whole.write(reason(digest), text.getBytes(StandardCharsets.UTF_8));
    marked.put(digest.hex(), reason);
  }

  /** Moves a marked image that nobody uses; again does nothing. */
  synchronized void move(Digest digest) throws IOException {
    if (images.has(digest)) {
      Files.move(
          images.file(digest),
          file(digest),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
      Whole.sync(folder);
      images.drop(digest);
    }
  }

  /** Papers speak for it again: it goes back, and is verified before each boot as ever. */
  synchronized void lift(Digest digest) throws IOException {
    if (Files.exists(file(digest))) {
      if (images.has(digest)) {
        Files.delete(file(digest));
      } else {
        Files.move(file(digest), images.file(digest), StandardCopyOption.ATOMIC_MOVE);
      }
    }
    unmark(digest);
  }

  /** Deletes what stands here of an image. */
  synchronized void delete(Digest digest) throws IOException {
    Files.deleteIfExists(file(digest));
    unmark(digest);
  }

  private void unmark(Digest digest) throws IOException {
    Whole.sync(folder);
    Files.deleteIfExists(reason(digest));
    Whole.sync(folder);
    marked.remove(digest.hex());
  }

  /** Bytes on the disk. */
  long bytes() throws IOException {
    long sum = 0;
    for (Digest digest : CacheFolder.names(folder)) {
      sum += CacheFolder.sizeOf(file(digest));
    }
    return sum;
  }

  Path file(Digest digest) {
    return folder.resolve(digest.hex());
  }

  private Path reason(Digest digest) {
    return folder.resolve(digest.hex() + SUFFIX);
  }

  /** A damaged one quarantines all the same, since the file's own time. */
  private static Reason read(Path file) throws IOException {
    String[] lines = new String(Files.readAllBytes(file), StandardCharsets.UTF_8).split("\n", -1);
    try {
      return new Reason(Instant.parse(lines[0]), lines[1], lines[2]);
    } catch (DateTimeParseException | ArrayIndexOutOfBoundsException e) {
      return new Reason(
          Files.getLastModifiedTime(file).toInstant(),
          "image.quarantined",
          file + " cannot be read");
    }
  }
}
