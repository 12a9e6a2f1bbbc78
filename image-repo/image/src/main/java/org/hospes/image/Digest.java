package org.hospes.image;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/**
 * A digest with its algorithm, written {@code sha256:9f86...} in lower case.
 *
 * @param hex lower-case hexadecimal, of the algorithm's length
 */
public record Digest(Algorithm algorithm, String hex) {
  /** Digest algorithms that images are known by. */
  public enum Algorithm {
    SHA1("SHA-1", 40),
    SHA256("SHA-256", 64);

    private final String javaName;
    private final int hexLength;

    Algorithm(String javaName, int hexLength) {
      this.javaName = javaName;
      this.hexLength = hexLength;
    }

    /** The name for {@link java.security.MessageDigest}. */
    public String javaName() {
      return javaName;
    }
  }

  public Digest {
    if (!hex.matches("[0-9a-f]{" + algorithm.hexLength + "}")) {
      throw new IllegalArgumentException(
          "not a "
              + algorithm.javaName
              + " digest: expected "
              + algorithm.hexLength
              + " lower-case hexadecimal digits, found "
              + hex);
    }
  }

  /** SHA-256 from its 32 bytes. */
  public static Digest sha256(byte[] bytes) {
    return new Digest(Algorithm.SHA256, HexFormat.of().formatHex(bytes));
  }

  /** SHA-1 from its 20 bytes. */
  public static Digest sha1(byte[] bytes) {
    return new Digest(Algorithm.SHA1, HexFormat.of().formatHex(bytes));
  }

  /**
   * Reads {@code sha256:...} or {@code sha1:...}.
   *
   * @throws IllegalArgumentException saying what was expected and found
   */
  public static Digest parse(String text) {
    int colon = text.indexOf(':');
    String name = colon < 0 ? "" : text.substring(0, colon).toLowerCase(Locale.ROOT);
    return switch (name) {
      case "sha256" -> new Digest(Algorithm.SHA256, text.substring(colon + 1));
      case "sha1" -> new Digest(Algorithm.SHA1, text.substring(colon + 1));
      default ->
          throw new IllegalArgumentException("not a digest: expected sha256:HEX, found " + text);
    };
  }

  /** SHA-256 of some bytes. */
  public static Digest sha256Of(byte[] content) {
    try {
      return sha256(MessageDigest.getInstance(Algorithm.SHA256.javaName).digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  public byte[] bytes() {
    return HexFormat.of().parseHex(hex);
  }

  @Override
  public String toString() {
    return algorithm.name().toLowerCase(Locale.ROOT) + ":" + hex;
  }
}
