package org.hospes.trust.path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many CAs a CA lets follow (pathLenConstraint), an installed one included. */
class AuthorityPathLengthTest {
  @TempDir Path directory;

  private static CertificateDirectory open(TestPki pki) throws Exception {
    return CertificateDirectory.open(
        pki.caDirectory(), PathRules.strict(), Duration.ofHours(1), Clock.systemUTC());
  }

  /** What the root, the CA below it and the one below that let follow; no number for no limit. */
  @ParameterizedTest
  @CsvSource({
    "  ,  ,  , true",
    "  , 0,  , false",
    "  , 1,  , true",
    "  , 1, 0, true",
    "  , 0, 0, false",
    " 0,  ,  , false",
    " 1,  ,  , false",
    " 2,  ,  , true",
    " 2, 1, 0, true"
  })
  void twoBelowTheAnchor(Integer root, Integer first, Integer second, boolean good)
      throws Exception {
    TestPki pki = TestPki.signedBy(directory, "SHA256withRSA", root);
    TestPki below = pki.subordinateCa("First CA", first);
    below.installButTheCertificate();
    TestPki last = below.subordinateCa("Second CA", second);
    last.installButTheCertificate();
    Credential ada = last.user("Ada");
    assertEquals(3, ada.chain().size());
    Credential proxy = pki.proxy(ada, ProxyKind.FULL);
    try (CertificateDirectory paths = open(pki)) {
      if (good) {
        assertEquals("/DC=org/DC=hospes/CN=Ada", paths.validate(ada.chain()).endEntity().slash());
        paths.validate(proxy.chain());
      } else {
        assertThrows(UntrustedPathException.class, () -> paths.validate(ada.chain()));
        assertThrows(UntrustedPathException.class, () -> paths.validate(proxy.chain()));
        assertThrows(
            UntrustedPathException.class,
            () -> new PathsAt(paths, Instant.now().plusSeconds(5)).validate(ada.chain()));
      }
    }
  }

  @Test
  void anInstalledOneThatLetsNoneFollowIsHeldToIt() throws Exception {
    TestPki pki = TestPki.create(directory);
    TestPki below = pki.subordinateCa("First CA", 0);
    below.install();
    TestPki last = below.subordinateCa("Second CA", null);
    last.installButTheCertificate();
    Credential bob = below.user("Bob");
    Credential ada = last.user("Ada");
    try (CertificateDirectory paths = open(pki)) {
      assertEquals("/DC=org/DC=hospes/CN=Bob", paths.validate(bob.chain()).endEntity().slash());
      paths.validate(pki.proxy(bob, ProxyKind.FULL).chain());
      UntrustedPathException refused =
          assertThrows(UntrustedPathException.class, () -> paths.validate(ada.chain()));
      assertTrue(!refused.problems().isEmpty());
      UntrustedPathException shortened =
          assertThrows(
              UntrustedPathException.class, () -> paths.validate(ada.chain().subList(0, 2)));
      assertTrue(!shortened.problems().isEmpty());
    }
  }
}
