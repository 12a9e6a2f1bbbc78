package org.hospes.service.admission;

import java.util.Map;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.service.workspace.Refusal;
import org.hospes.trust.path.DistinguishedName;

/** Where the rules stand of the image policy that is in force. Safe for use by many threads. */
public interface ImageRulebook {
  /** SHA-256 of the file. */
  Digest digest();

  /** The rule that let an image of this signer boot; {@code label} is what the policy calls it. */
  RuleName accepted(DistinguishedName signer, String label);

  /**
   * The rule that refused an image.
   *
   * @param code of the refusal
   * @param facts of the refusal
   */
  RuleName refused(String code, Map<String, String> facts);

  /** An acceptance by such a rule. */
  default Decision acceptance(DistinguishedName signer, String label) {
    return new Decision(
        Decision.Function.IMAGE,
        accepted(signer, label),
        digest(),
        Optional.empty(),
        Optional.empty());
  }

  /** A refusal by such a rule. */
  default Decision refusal(Refusal refusal) {
    return new Decision(
        Decision.Function.IMAGE,
        refused(refusal.code(), refusal.facts()),
        digest(),
        Optional.empty(),
        Optional.of(refusal));
  }
}
