package org.hospes.trust.path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Certificates signed over SHA-1, where a site takes them and where it does not. */
class Sha1CertificatesTest {
  @TempDir Path directory;

  private static CertificateDirectory open(TestPki pki, boolean sha1) throws Exception {
    return CertificateDirectory.open(
        pki.caDirectory(),
        PathRules.strict().taking(false, sha1),
        Duration.ofHours(1),
        Clock.systemUTC());
  }

  @ParameterizedTest
  @CsvSource({
    "SHA1withRSA, false",
    "SHA1withRSAandMGF1, false",
    "SHA256withRSA, true",
    "SHA384withRSA, true",
    "SHA512withRSA, true",
    "SHA256withRSAandMGF1, true"
  })
  void whatIsSignedOverSha1IsRefusedWhereTheSiteSaysSo(String algorithm, boolean good)
      throws Exception {
    TestPki pki = TestPki.create(directory);
    Credential ada = pki.user("Ada", "RSA-2048", algorithm);
    try (CertificateDirectory lenient = open(pki, true);
        CertificateDirectory strict = open(pki, false)) {
      assertEquals("/DC=org/DC=hospes/CN=Ada", lenient.validate(ada.chain()).endEntity().slash());
      Credential proxy = pki.proxyByAnyKey(ada);
      if (good) {
        strict.validate(ada.chain());
        strict.validate(proxy.chain());
      } else {
        UntrustedPathException refused =
            assertThrows(UntrustedPathException.class, () -> strict.validate(ada.chain()));
        assertTrue(refused.getMessage().contains("SHA-1"), refused.getMessage());
        assertThrows(UntrustedPathException.class, () -> strict.validate(proxy.chain()));
      }
    }
  }

  /** Many anchors of grids are; they are trusted because they are installed. */
  @Test
  void anAnchorsOwnSignatureIsNotLookedAt() throws Exception {
    TestPki pki = TestPki.signedBy(directory, "SHA1withRSA", null);
    assertTrue(
        pki.caCertificate().getSigAlgName().toUpperCase(java.util.Locale.ROOT).contains("SHA1"));
    Credential ada = pki.user("Ada");
    List<java.security.cert.X509Certificate> withAnchor = new ArrayList<>(ada.chain());
    withAnchor.add(pki.caCertificate());
    try (CertificateDirectory strict = open(pki, false)) {
      strict.validate(ada.chain());
      strict.validate(withAnchor);
    }
  }
}
