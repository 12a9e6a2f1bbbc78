package org.hospes.trust.caller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Instant;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.ProxyKind;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Papers as people really have them: all of them pass. */
class CredentialCorpusTest {
  private static final String INHERIT_ALL = "1.3.6.1.5.5.7.21.1";

  @TempDir static Path dir;
  private static TestPki pki;
  private static CertificateDirectory paths;

  @BeforeAll
  static void openSite() {
    pki = TestPki.create(dir);
    paths = pki.validator();
  }

  @AfterAll
  static void close() {
    paths.close();
  }

  @ParameterizedTest
  @CsvSource({
    "RSA-2048, SHA256withRSA",
    "RSA-3072, SHA384withRSA",
    "RSA-4096, SHA512withRSA",
    "RSA-2048, SHA1withRSA",
    "EC-secp256r1, SHA256withRSA",
    "EC-secp384r1, SHA512withRSA",
    "EC-secp521r1, SHA1withRSA"
  })
  void everyKeyAndSignatureInUse(String key, String algorithm) {
    Credential user = pki.user("Ada Physicist", key, algorithm);
    accepted(user, 0);
    accepted(pki.oddProxy(user, null, INHERIT_ALL), 1);
  }

  @Test
  void proxiesToTheFifthDepth() {
    Credential credential = pki.user("Ada Physicist");
    for (int depth = 1; depth <= 5; depth++) {
      credential = pki.proxy(credential, ProxyKind.FULL);
      accepted(credential, depth);
    }
  }

  private static void accepted(Credential credential, int depth) {
    CredentialCheck.Verdict verdict =
        new CredentialCheck(paths, dir, false).judge(credential.chain(), Instant.now());
    assertTrue(verdict.accepted(), verdict::toString);
    assertEquals("/DC=org/DC=hospes/CN=Ada Physicist", verdict.dn());
    assertEquals(depth, verdict.proxy() == null ? 0 : verdict.proxy().depth());
  }
}
