package org.hospes.image.policy;

import java.util.Optional;

/**
 * For whom an image is judged.
 *
 * @param known whether there is a caller; there is none when an image is published
 * @param virtualOrganisation the caller's, if any
 */
public record Audience(boolean known, Optional<String> virtualOrganisation) {
  private static final Audience NOBODY_YET = new Audience(false, Optional.empty());

  public Audience {
    if (!known && virtualOrganisation.isPresent()) {
      throw new IllegalArgumentException("a virtual organisation without a caller");
    }
  }

  /** At publish: whoever may run it will be judged when they ask. */
  public static Audience nobodyYet() {
    return NOBODY_YET;
  }

  /** A caller; one without a virtual organisation is served only by signers trusted for any. */
  public static Audience caller(Optional<String> virtualOrganisation) {
    return new Audience(true, virtualOrganisation);
  }

  /** A caller of a virtual organisation. */
  public static Audience caller(String virtualOrganisation) {
    return caller(Optional.of(virtualOrganisation));
  }
}
