package org.hospes.service.app;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.hospes.image.Digest;
import org.hospes.service.admission.RuleName;
import org.hospes.trust.path.DistinguishedName;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** At which line of the image policy the rule stands that decided. */
class ImageRulesTest {
  private static final String POLICY =
      """
      forms: [cms]
      smallest-keys: {rsa: 3072}
      signers:
        - dn: "/CN=bob"
          vos: [demo]
        - vos: ["*"]
          dn: "/CN=ann"
      endorsements:
        - names: ["prod-*"]
          of: ["/CN=ann", "/CN=carl"]
          at-least: 2
      refused: []
      """;

  @TempDir Path directory;
  private ImageRules rules;

  @BeforeEach
  void read() throws Exception {
    rules = ImageRules.load(Files.writeString(directory.resolve("image-policy.yaml"), POLICY));
  }

  @Test
  void whatWasAcceptedIsAtItsSigner() throws Exception {
    assertEquals(
        new RuleName("signers: ann", "image-policy.yaml:7"),
        rules.accepted(new DistinguishedName("/CN=ann"), "signers: ann"));
    assertEquals(
        Digest.sha256Of(Files.readAllBytes(directory.resolve("image-policy.yaml"))),
        rules.digest());
  }

  @ParameterizedTest
  @CsvSource({
    "image.form.refused, /CN=bob, classic-sha1, forms, image-policy.yaml:1",
    "image.form.refused, /CN=bob, cms, signers: /CN=bob, image-policy.yaml:4",
    "image.form.refused, /CN=eve, cms, forms, image-policy.yaml:1",
    "image.key.small, /CN=bob, rsa 2048, smallest-keys, image-policy.yaml:2",
    "image.signer.untrusted, /CN=eve, , signers, image-policy.yaml:3",
    "image.name.refused, /CN=ann, x, signers: /CN=ann, image-policy.yaml:7",
    "image.vo.mismatch, /CN=bob, x, signers: /CN=bob, image-policy.yaml:4",
    "image.run.own, /CN=bob, x, signers: /CN=bob, image-policy.yaml:4",
    "image.endorsements.missing, /CN=bob, x, endorsements, image-policy.yaml:8",
    "image.digest.refused, /CN=bob, x, refused, image-policy.yaml:12",
    "image.signer.expired.forbidden, /CN=bob, x, expired-signers, image-policy.yaml",
    "image.signature.invalid, /CN=bob, x, papers, built in"
  })
  void whatWasRefusedIsAtItsRule(
      String code, String signer, String found, String rule, String source) {
    Map<String, String> facts = Map.of("signer", signer, "found", found == null ? "" : found);
    assertEquals(new RuleName(rule, source), rules.refused(code, facts));
  }
}
