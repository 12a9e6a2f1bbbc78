package org.hospes.node.imagecache;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.hospes.image.ImageRefusedException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerdictsTest {
  @ParameterizedTest
  @CsvSource({
    "image.signer.path, problem, path.revoked, true, true",
    "image.signer.path, problem, path.ca.unknown, true, false",
    "image.signer.path, problem, path.ca.unreadable, false, false",
    "image.signer.path, problem, path.namespace, true, false",
    "image.signer.path, problem, path.expired, false, false",
    "image.signer.path, problem, path.crl.expired, false, false",
    "image.signer.path, problem, path.crl.missing, false, false",
    "image.signer.path, problem, path.other, false, false",
    "image.signer.untrusted, expected, one of 2, true, false",
    "image.digest.refused, rule, refused, true, false",
    "image.signer.expired.forbidden, rule, refuse, false, false",
    "image.signer.expired.no-sight, signer, Bob, false, false",
    "image.signer.expired.no-countersignature, signer, Bob, false, false",
    "image.endorsements.missing, found, none, true, false",
    "image.endorsements.missing, not counted, path.revoked: Carl, true, false",
    "image.endorsements.missing, not counted, path.crl.expired: Carl, false, false",
    "image.endorsements.missing, not counted, path.ca.unreadable: Carl, false, false",
    "image.endorsements.missing, not counted, path.expired: Carl; a proxy, false, false",
  })
  void whatSomebodyDecidedIsFinal(
      String code, String fact, String value, boolean decided, boolean revoked) {
    ImageRefusedException refusal = new ImageRefusedException(code, "why").fact(fact, value);
    assertEquals(decided, Verdicts.isFinal(refusal));
    assertEquals(revoked, Verdicts.isRevoked(refusal));
  }
}
