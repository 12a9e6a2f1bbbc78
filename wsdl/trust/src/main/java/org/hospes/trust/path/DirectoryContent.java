package org.hospes.trust.path;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What stands in a CA directory, by content: time stamps do not tell of a file that was replaced
 * within one tick of the clock or restored from an archive.
 *
 * @param files the files that matter, by name
 * @param digest over names and bytes of all of them
 */
record DirectoryContent(SortedMap<String, byte[]> files, String digest) {
  private static final Pattern RELEVANT =
      Pattern.compile("[0-9a-fA-F]{8}\\.(?:\\d+|r\\d+|signing_policy|namespaces)");
  private static final long LARGEST = 256L << 20;

  static DirectoryContent of(Path directory) throws IOException {
    SortedMap<String, byte[]> files = new TreeMap<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (RELEVANT.matcher(name).matches()) {
          read(entry, name, files);
        }
      }
    }
    MessageDigest digest = sha256();
    files.forEach(
        (name, bytes) -> {
          digest.update((name + ":" + bytes.length + ":").getBytes(StandardCharsets.UTF_8));
          digest.update(bytes);
        });
    return new DirectoryContent(files, HexFormat.of().formatHex(digest.digest()));
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static void read(Path entry, String name, SortedMap<String, byte[]> files)
      throws IOException {
    try {
      if (Files.size(entry) > LARGEST) {
        throw new IOException(entry + ": larger than any CRL; remove it");
      }
      files.put(name, Files.readAllBytes(entry));
    } catch (NoSuchFileException e) {
      // Taken away between listing and reading, or a dangling link: as good as not there.
    }
  }
}
