package org.hospes.image.policy;

import java.util.Optional;
import org.hospes.trust.path.DistinguishedName;

/**
 * For whom an image is judged.
 *
 * @param runner the end entity who is to run it; nobody when an image is published or looked at
 * @param virtualOrganisation the runner's, if any
 */
public record Audience(Optional<DistinguishedName> runner, Optional<String> virtualOrganisation) {
  private static final Audience NOBODY_YET = new Audience(Optional.empty(), Optional.empty());

  /** A virtual organisation is somebody's. */
  public Audience {
    if (runner.isEmpty() && virtualOrganisation.isPresent()) {
      throw new IllegalArgumentException("a virtual organisation without a caller");
    }
  }

  /** At publish: whoever may run it will be judged when they ask, and so will its endorsements. */
  public static Audience nobodyYet() {
    return NOBODY_YET;
  }

  /** A caller; one without a virtual organisation is served only by signers trusted for any. */
  public static Audience caller(DistinguishedName runner, Optional<String> virtualOrganisation) {
    return new Audience(Optional.of(runner), virtualOrganisation);
  }

  /** A caller of a virtual organisation. */
  public static Audience caller(DistinguishedName runner, String virtualOrganisation) {
    return caller(runner, Optional.of(virtualOrganisation));
  }

  /** Whether there is a caller. */
  public boolean known() {
    return runner.isPresent();
  }
}
