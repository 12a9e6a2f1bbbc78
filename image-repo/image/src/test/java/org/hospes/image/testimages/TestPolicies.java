package org.hospes.image.testimages;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.image.policy.PolicyContent;
import org.hospes.image.policy.SignerRule;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;

/** Image policies of a site that trusts one signer, in every form. */
public final class TestPolicies {
  private TestPolicies() {}

  /** For callers of one virtual organisation, or of any with {@code *}. */
  public static ImagePolicy trusting(Credential signer, String vo) {
    return new ImagePolicy(content(signer, vo), Digest.sha256Of(new byte[0]));
  }

  /** The same, to be added to. */
  public static PolicyContent content(Credential signer, String vo) {
    Set<SignatureForm> forms = EnumSet.allOf(SignatureForm.class);
    SignerRule rule = new SignerRule(DistinguishedName.ofSubject(signer.leaf()), Set.of(vo), forms);
    return PolicyContent.of(forms, List.of(rule), Set.of());
  }
}
