package org.hospes.trust.path;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What stands in a CA directory, by content: time stamps do not tell of a file that was replaced
 * within one tick of the clock or restored from an archive.
 *
 * @param files the files that matter and can be read, by name
 * @param unreadable why each other one cannot be read, by name
 * @param digest over names and bytes of all of them, and over those reasons
 */
record DirectoryContent(
    SortedMap<String, byte[]> files, SortedMap<String, String> unreadable, String digest) {
  private static final Pattern RELEVANT =
      Pattern.compile("[0-9a-fA-F]{8}\\.(?:\\d+|r\\d+|signing_policy|namespaces)");
  private static final int HASH = 8;
  private static final long LARGEST = 256L << 20;
  private static final Logger LOG = LoggerFactory.getLogger(DirectoryContent.class);

  /**
   * Reads the directory. A file that cannot be read is noted and stops nothing.
   *
   * @throws IOException when the directory itself cannot be read
   */
  static DirectoryContent of(Path directory) throws IOException {
    SortedMap<String, byte[]> files = new TreeMap<>();
    SortedMap<String, String> unreadable = new TreeMap<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (isRelevant(name)) {
          read(entry, name, files, unreadable);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    MessageDigest digest = sha256();
    files.forEach(
        (name, bytes) -> {
          digest.update((name + ":" + bytes.length + ":").getBytes(StandardCharsets.UTF_8));
          digest.update(bytes);
        });
    unreadable.forEach(
        (name, why) -> digest.update((name + "!" + why + "!").getBytes(StandardCharsets.UTF_8)));
    return new DirectoryContent(files, unreadable, HexFormat.of().formatHex(digest.digest()));
  }

  /** The hash of the CA that a file is about. */
  static String hash(String name) {
    return name.substring(0, HASH).toLowerCase(Locale.ROOT);
  }

  /** The hashes of the CAs whose certificates stand in the directory, whether readable or not. */
  Set<String> installed() {
    return Stream.concat(files.keySet().stream(), unreadable.keySet().stream())
        .filter(DirectoryContent::isCertificate)
        .map(DirectoryContent::hash)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Those certificates that can be read, whatever else of their CAs cannot. */
  List<X509Certificate> certificates() {
    List<X509Certificate> found = new ArrayList<>();
    files.forEach(
        (name, bytes) -> {
          if (isCertificate(name)) {
            try {
              Certificate read =
                  CertificateFactory.getInstance("X.509")
                      .generateCertificate(new ByteArrayInputStream(bytes));
              if (read instanceof X509Certificate certificate) {
                found.add(certificate);
              }
            } catch (CertificateException | RuntimeException | StackOverflowError e) {
              LOG.debug("{} is told of by who reads the whole directory", name, e);
            }
          }
        });
    return found;
  }

  /** Whether a file of this name matters to anybody. */
  static boolean isRelevant(String name) {
    return RELEVANT.matcher(name).matches();
  }

  private static boolean isCertificate(String name) {
    return Character.isDigit(name.charAt(HASH + 1));
  }

  static boolean isCrl(String name) {
    return name.charAt(HASH + 1) == 'r';
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static void read(
      Path entry,
      String name,
      SortedMap<String, byte[]> files,
      SortedMap<String, String> unreadable) {
    try {
      // Of a pipe or a device there may be no end.
      BasicFileAttributes found = Files.readAttributes(entry, BasicFileAttributes.class);
      if (!found.isRegularFile()) {
        unreadable.put(name, "it is no file");
      } else if (found.size() > LARGEST) {
        unreadable.put(name, "it is larger than any CRL");
      } else {
        byte[] bytes = Files.readAllBytes(entry);
        if (bytes.length == 0 && !isCrl(name)) {
          // A copy that only began, or a disk that was full.
          unreadable.put(name, "it is empty");
        } else {
          files.put(name, bytes);
        }
      }
    } catch (NoSuchFileException e) {
      unreadable.put(name, "it is a link to nowhere, or was taken away at that moment");
    } catch (AccessDeniedException e) {
      unreadable.put(name, "this program may not read it");
    } catch (IOException e) {
      unreadable.put(name, e.toString());
    }
  }
}
