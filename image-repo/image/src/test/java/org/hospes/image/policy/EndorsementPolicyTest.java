package org.hospes.image.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.settings.Problems;
import org.hospes.trust.path.DistinguishedName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who must have signed beside the signer, and who may not run what they signed. */
class EndorsementPolicyTest {
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
  private static final String YAML =
      """
      forms: [cms, classic-sha256]
      smallest-keys: {rsa: 2048, ec: 256}
      signers:
        - {dn: /CN=Bob, vos: [demo]}
        - {dn: /CN=Ann, vos: [demo], not-for-own-runs: true}
      endorsements:
        - {names: ["prod-*"], of: [/CN=Ann, /CN=Carl, /CN=Dora], at-least: 2}
        - {names: ["prod-db", secret], of: [/CN=Eve], at-least: 1}
      """;

  /** An endorser is a name, with the size of an RSA key after a colon; a dash is nobody. */
  @ParameterizedTest(name = "[{index}] {0} {1} by {2} with {3} for {4}: {5}")
  @CsvSource(
      textBlock =
          """
          # form, name, signer, endorsers, runner, what is decided or who counted
          CMS, sl6, Bob, -, Zoe, ok
          CMS, prod, Bob, -, Zoe, ok
          CMS, Prod-web, Bob, -, Zoe, ok
          CMS, sl6, Bob, Ann, Zoe, ok
          CMS, sl6, Bob, Mallory, Zoe, ok
          CMS, prod-web, Bob, -, Zoe, image.endorsements.missing
          CMS, prod-, Bob, -, Zoe, image.endorsements.missing
          CMS, prod-web, Bob, Ann, Zoe, image.endorsements.missing
          CMS, prod-web, Bob, Ann Ann, Zoe, image.endorsements.missing
          CMS, prod-web, Bob, Ann:4096 Ann, Zoe, image.endorsements.missing
          CMS, prod-web, Bob, Ann Mallory, Zoe, image.endorsements.missing
          CMS, prod-web, Bob, Mallory Trudy Victor, Zoe, image.endorsements.missing
          CMS, prod-web, Bob, Ann Eve, Zoe, image.endorsements.missing
          CMS, prod-web, Bob, Ann Bob, Zoe, image.endorsements.missing
          CMS, prod-web, Bob, Ann Zoe, Zoe, image.endorsements.missing
          CMS, prod-web, Bob, Ann Carl:1024, Zoe, image.endorsements.missing
          CMS, prod-web, Bob, Ann Carl, Zoe, ok Ann Carl
          CMS, prod-web, Bob, Carl Dora, Zoe, ok Carl Dora
          CMS, prod-web, Bob, Ann Carl Dora, Zoe, ok Ann Carl Dora
          CMS, prod-web, Bob, Ann Carl Mallory, Zoe, ok Ann Carl
          CMS, prod-web, Bob, Ann Carl:1024 Carl, Zoe, ok Ann Carl
          CMS, prod-web, Bob, Carl Dora, Carl, ok Carl Dora
          CMS, prod-web, Ann, Carl, Zoe, image.endorsements.missing
          CMS, prod-web, Ann, Ann Carl, Zoe, ok Ann Carl
          CMS, prod-web, Ann, Ann Ann, Zoe, image.endorsements.missing
          CMS, prod-db, Bob, Ann Carl, Zoe, image.endorsements.missing
          CMS, prod-db, Bob, Eve, Zoe, image.endorsements.missing
          CMS, prod-db, Bob, Ann Eve, Zoe, image.endorsements.missing
          CMS, prod-db, Bob, Ann Carl Eve, Zoe, ok Ann Carl Eve
          CMS, secret, Bob, -, Zoe, image.endorsements.missing
          CMS, secret, Bob, Eve, Zoe, ok Eve
          CMS, secret, Bob, Ann Carl, Zoe, image.endorsements.missing
          CMS, secret, Bob, Ann Eve, Zoe, ok Eve
          CMS, secrets, Bob, -, Zoe, ok
          CMS, sl6, Ann, -, Zoe, ok
          CMS, sl6, Ann, -, Ann, image.run.own
          CMS, sl6, Bob, -, Bob, ok
          CMS, prod-web, Ann, Ann Carl, Ann, image.run.own
          CMS, prod-web, Bob, Ann Carl, Ann, ok Ann Carl
          CMS, sl6, Mallory, Ann Carl Eve, Zoe, image.signer.untrusted
          CMS, prod-web, Mallory, Ann Carl Eve, Zoe, image.signer.untrusted
          CMS, sl6, Ann, -, -, ok
          CMS, prod-web, Bob, -, -, ok
          CMS, prod-web, Bob, Ann, -, ok Ann
          CLASSIC_SHA256, sl6, Bob, -, -, ok
          CLASSIC_SHA256, sl6, Bob, -, Zoe, image.endorsements.missing
          CLASSIC_SHA256, sl6, Bob, Ann Carl, Zoe, image.endorsements.missing
          CLASSIC_SHA256, sl6, Bob, Eve, Zoe, image.endorsements.missing
          CLASSIC_SHA256, sl6, Bob, Ann Carl Eve, Zoe, ok Ann Carl Eve
          CLASSIC_SHA256, prod-web, Bob, -, Zoe, image.endorsements.missing
          CLASSIC_SHA256, prod-web, Bob, Ann, Zoe, image.endorsements.missing
          CLASSIC_SHA256, prod-web, Bob, Ann Carl, Zoe, ok Ann Carl
          CLASSIC_SHA256, prod-db, Bob, Ann Carl, Zoe, image.endorsements.missing
          CLASSIC_SHA256, secret, Bob, Eve, Zoe, ok Eve
          CLASSIC_SHA256, secret, Bob, Ann, Zoe, image.endorsements.missing
          CLASSIC_SHA256, sl6, Ann, Ann Carl Eve, Ann, image.run.own
          """)
  void decides(
      SignatureForm form,
      String name,
      String signer,
      String endorsers,
      String runner,
      String expected) {
    Decision decision = policy(YAML).decide(evidence(form, name, signer, endorsers, runner), NOW);
    assertEquals(expected, summary(decision));
  }

  @Test
  void oneRuleMayStandForEveryName() {
    ImagePolicy all =
        policy(
            """
            forms: [cms, classic-sha256]
            signers: [{dn: /CN=Bob, vos: [demo]}]
            endorsements: [{of: [/CN=Ann], at-least: 1}]
            """);
    for (SignatureForm form : List.of(SignatureForm.CMS, SignatureForm.CLASSIC_SHA256)) {
      assertEquals(
          "image.endorsements.missing",
          summary(all.decide(evidence(form, "sl6", "Bob", "-", "Zoe"), NOW)));
      assertEquals("ok Ann", summary(all.decide(evidence(form, "sl6", "Bob", "Ann", "Zoe"), NOW)));
    }
  }

  @Test
  void whatIsAcceptedNamesEveryRuleAndWhatIsRefusedTheOneThatWasNotMet() {
    Decision.Accepted accepted =
        assertInstanceOf(
            Decision.Accepted.class,
            policy(YAML)
                .decide(evidence(SignatureForm.CMS, "prod-db", "Ann", "Ann Carl Eve", "Zoe"), NOW));
    assertEquals(
        "signers: /CN=Ann for [demo] not for own runs; endorsements: prod-* by 2 of 3;"
            + " endorsements: prod-db, secret by 1 of 1",
        accepted.rule());
    Decision.Refused refused =
        assertInstanceOf(
            Decision.Refused.class,
            policy(YAML)
                .decide(evidence(SignatureForm.CMS, "prod-web", "Bob", "Dora Bob", "Zoe"), NOW));
    assertEquals("endorsements: prod-* by 2 of 3", refused.facts().get("rule"));
    assertEquals("2 of /CN=Ann, /CN=Carl, /CN=Dora", refused.facts().get("expected"));
    assertEquals("/CN=Dora", refused.facts().get("found"));
    assertTrue(refused.advice().contains("workspace image endorse prod-web"));
  }

  @Test
  void whoMayEndorseIsWhoCountsForSomething() {
    ImagePolicy policy = policy(YAML);
    assertTrue(policy.mayEndorse(new DistinguishedName("/CN=Eve")));
    assertFalse(policy.mayEndorse(new DistinguishedName("/CN=Bob")));
    assertFalse(ImagePolicy.everySigner().mayEndorse(new DistinguishedName("/CN=Eve")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{names: [a], of: [/CN=A], at-least: 2}",
        "{names: [a], of: [/CN=A], at-least: 0}",
        "{names: [a], of: [/CN=A]}",
        "{names: [a], at-least: 1}",
        "{names: [], of: [/CN=A], at-least: 1}",
        "{names: [\"a*b\"], of: [/CN=A], at-least: 1}",
        "{names: [a], of: [/CN=A, /CN=A], at-least: 1}",
        "{names: [a], of: [A], at-least: 1}",
        "{names: [a], of: [/CN=A], at-least: 1, by: [/CN=B]}",
      })
  void mistakesAreNamed(String rule) {
    Problems problems = new Problems();
    ImagePolicyFile.parse(
        ("forms: [cms]\nendorsements:\n  - " + rule + "\n").getBytes(StandardCharsets.UTF_8),
        "policy",
        problems);
    assertFalse(problems.list().isEmpty());
    assertTrue(problems.list().stream().allMatch(p -> p.line() == 3), problems.list()::toString);
  }

  private static String summary(Decision decision) {
    if (decision instanceof Decision.Refused refused) {
      return refused.code();
    }
    Set<DistinguishedName> counted = ((Decision.Accepted) decision).endorsers();
    Set<String> names = new TreeSet<>(counted.stream().map(EndorsementPolicyTest::person).toList());
    return names.isEmpty() ? "ok" : "ok " + String.join(" ", names);
  }

  private static String person(DistinguishedName name) {
    return name.slash().substring("/CN=".length());
  }

  private static Evidence evidence(
      SignatureForm form, String name, String signer, String endorsers, String runner) {
    List<Endorser> all = new ArrayList<>();
    if (!endorsers.equals("-")) {
      for (String one : endorsers.split(" ")) {
        String[] parts = one.split(":");
        all.add(
            new Endorser(
                new DistinguishedName("/CN=" + parts[0]),
                new KeySize("rsa", parts.length < 2 ? 2048 : Integer.parseInt(parts[1]))));
      }
    }
    return new Evidence(
        form,
        new DistinguishedName("/CN=" + signer),
        new KeySize("rsa", 2048),
        Digest.sha256Of(new byte[] {1}),
        name,
        Optional.empty(),
        all,
        runner.equals("-")
            ? Audience.nobodyYet()
            : Audience.caller(new DistinguishedName("/CN=" + runner), "demo"));
  }

  private static ImagePolicy policy(String yaml) {
    Problems problems = new Problems();
    ImagePolicy policy =
        ImagePolicyFile.parse(yaml.getBytes(StandardCharsets.UTF_8), "policy", problems);
    assertEquals(List.of(), problems.list());
    return policy;
  }
}
