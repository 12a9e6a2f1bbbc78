package org.hospes.image;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How people name an image: {@code NAME[:VERSION][@sha256:HEX]}. Without a version the newest one
 * published and not retired is meant; with a digest nothing else is.
 */
public record ImageReference(String name, Optional<String> version, Optional<Digest> digest) {
  private static final String LABEL = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";
  private static final Pattern FORM =
      Pattern.compile("(" + LABEL + ")(?::(" + LABEL + "))?(?:@(sha256:[0-9a-f]{64}))?");

  public ImageReference {
    requireLabel("name", name);
    version.ifPresent(v -> requireLabel("version", v));
  }

  /**
   * Reads a reference.
   *
   * @throws IllegalArgumentException saying what was expected and found
   */
  public static ImageReference parse(String text) {
    Matcher m = FORM.matcher(text);
    if (!m.matches()) {
      throw new IllegalArgumentException(
          "not an image: expected NAME[:VERSION][@sha256:HEX], found " + text);
    }
    return new ImageReference(
        m.group(1),
        Optional.ofNullable(m.group(2)),
        Optional.ofNullable(m.group(3)).map(Digest::parse));
  }

  /**
   * Refuses what is no name that people type.
   *
   * @param what names the field in the message
   */
  static void requireLabel(String what, String text) {
    if (!text.matches(LABEL)) {
      throw new IllegalArgumentException(
          what
              + ": expected a letter or digit, then at most 63 letters, digits, dots, underscores or"
              + " hyphens; found "
              + text);
    }
  }

  @Override
  public String toString() {
    return name + version.map(v -> ":" + v).orElse("") + digest.map(d -> "@" + d).orElse("");
  }
}
