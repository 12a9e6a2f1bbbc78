package org.hospes.client;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How an image is to be called.
 *
 * @param version empty: it follows from the disk's bytes, so that other bytes never meet a version
 *     that is taken
 */
public record NameVersion(String name, Optional<String> version) {
  private static final String LABEL = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";
  private static final Pattern FORM = Pattern.compile("(" + LABEL + ")(?::(" + LABEL + "))?");

  /**
   * Reads {@code NAME[:VERSION]}.
   *
   * @throws IllegalArgumentException saying what was expected and found
   */
  public static NameVersion parse(String text) {
    Matcher m = FORM.matcher(text);
    if (!m.matches()) {
      throw new IllegalArgumentException(
          "not the name of an image: expected NAME[:VERSION] of letters, digits, dot, underscore"
              + " and hyphen, found "
              + text);
    }
    return new NameVersion(m.group(1), Optional.ofNullable(m.group(2)));
  }

  /** The file's own name, without its ending. */
  public static NameVersion of(Path disk) {
    String file = disk.getFileName().toString();
    int dot = file.lastIndexOf('.');
    return parse(dot > 0 ? file.substring(0, dot) : file);
  }

  /** The version, or the first twelve digits of the disk's SHA-256. */
  public String version(Path disk) throws IOException {
    if (version.isPresent()) {
      return version.get();
    }
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      try (InputStream in = new DigestInputStream(Files.newInputStream(disk), sha256)) {
        in.transferTo(java.io.OutputStream.nullOutputStream());
      }
      return HexFormat.of().formatHex(sha256.digest()).substring(0, 12);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return name + version.map(v -> ":" + v).orElse("");
  }
}
