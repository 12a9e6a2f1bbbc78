package org.hospes.trust.path;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the kernel notes of a CA directory and of each of its files, those that links lead to
 * included: no content is read. Two that are equal may hide a change within one tick of the
 * kernel's clock; nobody can set a file's {@code ctime} back.
 */
record DirectoryLook(SortedMap<String, String> noted) {
  private static final String WANTED = "unix:dev,ino,mode,size,lastModifiedTime,ctime";

  /** Empty when the directory cannot be read. */
  static Optional<DirectoryLook> at(Path directory) {
    SortedMap<String, String> noted = new TreeMap<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      noted.put(".", String.valueOf(Files.getAttribute(directory, "unix:ino")));
      for (Path entry : entries) {
        String name = String.valueOf(entry.getFileName());
        if (DirectoryContent.isRelevant(name)) {
          noted.put(name, of(entry, LinkOption.NOFOLLOW_LINKS) + of(entry));
        }
      }
      return Optional.of(new DirectoryLook(noted));
    } catch (IOException | DirectoryIteratorException e) {
      return Optional.empty();
    }
  }

  private static String of(Path entry, LinkOption... follow) {
    try {
      Map<String, Object> seen = new TreeMap<>(Files.readAttributes(entry, WANTED, follow));
      return seen.toString();
    } catch (IOException e) {
      // A link to nowhere, or gone since it was listed; as good as not there.
      return "-";
    }
  }
}
