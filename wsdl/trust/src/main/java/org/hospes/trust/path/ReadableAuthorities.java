package org.hospes.trust.path;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A CA directory without the CAs one of whose files cannot be read, or is not understood by canl,
 * whose parsers throw at some of that and pass over the rest: one CA's mistake costs nobody the
 * others. All files of such a CA are left out, never the one alone: without a CRL or a namespaces
 * file more might be trusted than with it.
 *
 * @param <T> what reads a directory
 * @param read what it made of the CAs that can be read
 * @param leftOut the others by hash, each with the file and what is wrong with it
 */
record ReadableAuthorities<T>(T read, SortedMap<String, String> leftOut) {
  private static final Logger LOG = LoggerFactory.getLogger(ReadableAuthorities.class);
  private static final int LONGEST = 300;

  /** Reads a directory at once, and never looks at it again. */
  interface Reader<T> {
    /**
     * @param passedOver is told of each file of a CA that is not understood, and why
     */
    T read(Path directory, BiConsumer<String, Exception> passedOver);
  }

  /**
   * Reads the directory, or else a copy of what of it can be read.
   *
   * @param content of the directory
   * @throws IOException when there is no room for the copy
   */
  static <T> ReadableAuthorities<T> of(Path directory, DirectoryContent content, Reader<T> reader)
      throws IOException {
    SortedMap<String, String> leftOut = new TreeMap<>();
    content
        .unreadable()
        .forEach(
            (name, why) ->
                leftOut.putIfAbsent(DirectoryContent.hash(name), name + ": " + plain(why)));
    if (leftOut.isEmpty()) {
      try {
        ReadableAuthorities<T> whole = at(directory, reader);
        if (whole.leftOut.isEmpty()) {
          return whole;
        }
      } catch (RuntimeException | StackOverflowError e) {
        LOG.debug("{}: looking for the CA whose files cannot be read", directory, e);
      }
    }
    // The files may have changed since; what counts is the content that was digested.
    Set<String> hashes = hashes(content);
    for (; ; ) {
      hashes.removeAll(leftOut.keySet());
      Map<String, String> more;
      try {
        ReadableAuthorities<T> some = apart(content, hashes, reader);
        more = some.leftOut;
        if (more.isEmpty()) {
          return new ReadableAuthorities<>(some.read, leftOut);
        }
      } catch (RuntimeException | StackOverflowError e) {
        more = breaking(content, hashes, reader);
        if (more.isEmpty()) {
          throw e;
        }
      }
      leftOut.putAll(more);
    }
  }

  private static <T> ReadableAuthorities<T> at(Path directory, Reader<T> reader) {
    SortedMap<String, String> passedOver = new TreeMap<>();
    T read =
        reader.read(
            directory,
            (name, why) ->
                passedOver.putIfAbsent(
                    DirectoryContent.hash(name), name + ": " + plain(why.toString())));
    return new ReadableAuthorities<>(read, passedOver);
  }

  private static Map<String, String> breaking(
      DirectoryContent content, Set<String> hashes, Reader<?> reader) throws IOException {
    Map<String, String> found = new TreeMap<>();
    for (String hash : hashes) {
      try {
        found.putAll(apart(content, Set.of(hash), reader).leftOut());
      } catch (RuntimeException | StackOverflowError e) {
        found.put(
            hash, hash + ".namespaces or " + hash + ".signing_policy: " + plain(e.toString()));
      }
    }
    return found;
  }

  /** A parser may repeat whatever stands in a file, and this goes into logs and messages. */
  private static String plain(String why) {
    String text = why.replaceAll("[^ -~]", "?");
    return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
  }

  private static Set<String> hashes(DirectoryContent content) {
    return content.files().keySet().stream()
        .map(DirectoryContent::hash)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static <T> ReadableAuthorities<T> apart(
      DirectoryContent content, Set<String> hashes, Reader<T> reader) throws IOException {
    Path copy = Files.createTempDirectory("hospes-authorities");
    try {
      for (Map.Entry<String, byte[]> file : content.files().entrySet()) {
        if (hashes.contains(DirectoryContent.hash(file.getKey()))) {
          Files.write(copy.resolve(file.getKey()), file.getValue());
        }
      }
      return at(copy, reader);
    } finally {
      delete(copy);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
