package org.hospes.service.persistence;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which database, and as whom.
 *
 * @param url {@code jdbc:h2:file:...} or {@code jdbc:postgresql:...}
 */
public record DatabaseSettings(String url, String user, String password) {
  private static final Pattern WRITE_DELAY =
      Pattern.compile(";WRITE_DELAY=([^;]*)", Pattern.CASE_INSENSITIVE);

  public DatabaseSettings {
    if (!url.startsWith("jdbc:h2:") && !url.startsWith("jdbc:postgresql:")) {
      throw new IllegalArgumentException(
          "expected jdbc:h2:file:/path or jdbc:postgresql://host/name, found " + url);
    }
    Matcher delay = WRITE_DELAY.matcher(url);
    if (delay.find() && !delay.group(1).equals("0")) {
      throw new IllegalArgumentException(
          "WRITE_DELAY must be 0, or acknowledged requests are lost when the service is killed;"
              + " found "
              + delay.group(1));
    }
  }

  /** Whether it is the embedded one. */
  public boolean embedded() {
    return url.startsWith("jdbc:h2:");
  }

  /**
   * The address as it is opened. For H2: every commit reaches the operating system before it
   * returns, writers wait for each other, and the file is closed by us and not by a hook of its
   * own.
   */
  String openedUrl() {
    if (!embedded()) {
      return url;
    }
    return with(
        with(with(url, "WRITE_DELAY", "0"), "LOCK_TIMEOUT", "10000"), "DB_CLOSE_ON_EXIT", "FALSE");
  }

  @Override
  public String toString() {
    return "DatabaseSettings[" + url + " as " + user + "]";
  }

  private static String with(String url, String name, String value) {
    return url.toUpperCase(Locale.ROOT).contains(";" + name + "=")
        ? url
        : url + ";" + name + "=" + value;
  }

  /** The path of the embedded database's file, without H2's suffix. */
  public Optional<String> file() {
    return url.startsWith("jdbc:h2:file:")
        ? Optional.of(url.substring("jdbc:h2:file:".length()).split(";", 2)[0])
        : Optional.empty();
  }
}
