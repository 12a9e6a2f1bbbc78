package org.hospes.image.policy;

import java.util.Map;
import java.util.Set;
import org.hospes.image.ImageRefusedException;
import org.hospes.trust.path.DistinguishedName;

/** What the policy says of an image. */
public sealed interface Decision {
  /**
   * It may boot.
   *
   * @param rule which line of the policy allowed it, for people
   * @param virtualOrganisations whose callers may run it; {@code *} is any
   * @param endorsers who signed for it beside the signer and counts here
   */
  record Accepted(String rule, Set<String> virtualOrganisations, Set<DistinguishedName> endorsers)
      implements Decision {
    public Accepted {
      virtualOrganisations = Set.copyOf(virtualOrganisations);
      endorsers = Set.copyOf(endorsers);
    }
  }

  /**
   * It may not.
   *
   * @param code as in {@link ImageRefusedException#code()}
   * @param advice what to do about it
   * @param facts for people and for the audit log
   */
  record Refused(String code, String message, String advice, Map<String, String> facts)
      implements Decision {
    /** The same as an exception. */
    public ImageRefusedException asException() {
      ImageRefusedException refused = new ImageRefusedException(code, message).advice(advice);
      facts.forEach(refused::fact);
      return refused;
    }
  }

  /** The acceptance, or the refusal thrown. */
  default Accepted orThrow() throws ImageRefusedException {
    if (this instanceof Refused refused) {
      throw refused.asException();
    }
    return (Accepted) this;
  }
}
