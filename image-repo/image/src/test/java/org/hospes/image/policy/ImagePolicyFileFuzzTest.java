package org.hospes.image.policy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.hospes.image.Digest;
import org.hospes.settings.Problems;

/** A policy says the same each time it is read, and each of its rules has all its parts. */
class ImagePolicyFileFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void whatIsAcceptedIsWritten(byte[] yaml) {
    Problems problems = new Problems();
    ImagePolicy policy = ImagePolicyFile.parse(yaml, "fuzz", problems);
    Problems again = new Problems();
    ImagePolicy same = ImagePolicyFile.parse(yaml, "fuzz", again);
    assertEquals(policy.signers(), same.signers());
    assertEquals(policy.forms(), same.forms());
    assertEquals(policy.warnings(), same.warnings());
    assertEquals(problems.list(), again.list());
    problems.list().forEach(problem -> assertFalse(problem.message().isBlank()));
    if (!problems.isEmpty()) {
      return;
    }
    String text = new String(yaml, UTF_8);
    assertTrue(text.contains("forms"), text);
    for (SignerRule rule : policy.signers()) {
      assertFalse(rule.virtualOrganisations().isEmpty(), text);
      assertFalse(rule.names().isEmpty(), text);
    }
    assertEquals(Digest.sha256Of(yaml), policy.digest());
  }
}
