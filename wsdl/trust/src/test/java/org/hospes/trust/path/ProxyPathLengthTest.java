package org.hospes.trust.path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.file.Path;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Integer;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How many proxies a proxy lets follow it, RFC 3820, 4.1.4. */
class ProxyPathLengthTest {
  private static final String INHERIT_ALL = "1.3.6.1.5.5.7.21.1";

  @TempDir static Path dir;
  private static TestPki pki;
  private static CertificateDirectory paths;
  private static Credential ada;

  @BeforeAll
  static void openSite() {
    pki = TestPki.create(dir);
    paths = pki.validator();
    ada = pki.user("Ada");
  }

  @AfterAll
  static void close() {
    paths.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void aLimitOfTheFirstHoldsAtEachDepth(int limit) throws Exception {
    Credential credential = pki.proxy(ada, limit);
    for (int depth = 1; depth <= 5; depth++) {
      if (depth - 1 <= limit) {
        assertEquals(depth, ProxyKinds.depth(paths.validate(credential.chain()).chain()));
      } else {
        refused(credential);
      }
      credential = pki.proxy(credential, ProxyKind.FULL);
    }
  }

  @Test
  void theNarrowestLimitOfAChainCounts() throws Exception {
    Credential second = pki.proxy(pki.proxy(ada, 3), 0);
    paths.validate(second.chain());
    refused(pki.proxy(second, 5));
    Credential third = pki.proxy(pki.proxy(pki.proxy(ada, 2), 7), 7);
    paths.validate(third.chain());
    refused(pki.proxy(third, 7));
  }

  @Test
  void aLimitBeyondEveryNumberIsNone() throws Exception {
    Credential proxy = ada;
    for (int depth = 1; depth <= 5; depth++) {
      proxy = odd(proxy, new ASN1Integer(Integer.MAX_VALUE));
    }
    assertEquals(5, ProxyKinds.depth(paths.validate(proxy.chain()).chain()));
  }

  @Test
  void aLimitThatIsNoNumberOfProxiesIsRefused() {
    refused(odd(ada, new ASN1Integer(-1)));
    refused(odd(ada, new ASN1Integer(BigInteger.ONE.shiftLeft(64).negate())));
    refused(pki.proxy(odd(ada, new ASN1Integer(-1)), ProxyKind.FULL));
  }

  private static Credential odd(Credential issuer, ASN1Encodable mayFollow) {
    return pki.oddProxy(issuer, mayFollow, INHERIT_ALL);
  }

  private static void refused(Credential credential) {
    UntrustedPathException e =
        assertThrows(UntrustedPathException.class, () -> paths.validate(credential.chain()));
    assertTrue(e.problems().stream().anyMatch(p -> p.code().equals("path.proxy")), e::getMessage);
  }
}
