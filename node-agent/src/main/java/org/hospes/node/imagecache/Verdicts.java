package org.hospes.node.imagecache;

import java.util.Set;
import org.hospes.image.ImageRefusedException;

/** What a refusal of papers means for what already stands on them. */
public final class Verdicts {
  /** What a chain may suffer from without that anybody withdrew trust. */
  private static final Set<String> PASSING =
      Set.of(
          "path.expired",
          "path.ca.unreadable",
          "path.crl.missing",
          "path.crl.expired",
          "path.other");

  /** Of signers whose time is over, whatever else an image would need to outlive them. */
  private static final String EXPIRED = "image.signer.expired.";

  private Verdicts() {}

  /**
   * Whether somebody decided it: a CA that revoked, an operator who took a CA, a signer or an image
   * out. A CRL that nobody fetched in time, a CA whose files cannot be read, an unreadable
   * directory or a certificate that ran out, a signer's or an endorser's, refuse the next boot, but
   * say nothing against what was accepted before.
   */
  public static boolean isFinal(ImageRefusedException refusal) {
    String problem = refusal.facts().getOrDefault("problem", "");
    String notCounted = refusal.facts().getOrDefault("not counted", "");
    // What does not count explains only that there are too few.
    boolean tooFew = refusal.code().equals("image.endorsements.missing");
    return !refusal.code().startsWith(EXPIRED)
        && !PASSING.contains(problem)
        && !(tooFew && PASSING.stream().anyMatch(code -> notCounted.contains(code + ":")));
  }

  /** Whether a CA revoked the signer, or the CA that vouched for it. */
  public static boolean isRevoked(ImageRefusedException refusal) {
    return "path.revoked".equals(refusal.facts().get("problem"));
  }
}
