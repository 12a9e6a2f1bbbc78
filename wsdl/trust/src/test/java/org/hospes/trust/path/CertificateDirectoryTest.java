package org.hospes.trust.path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.spec.RSAPublicKeySpec;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which chains a site trusts, and what it says of those it does not. */
class CertificateDirectoryTest {
  @TempDir Path dir;
  private TestPki pki;
  private CertificateDirectory paths;

  @BeforeEach
  void openSite() {
    pki = TestPki.create(dir);
    paths = pki.validator();
  }

  @AfterEach
  void close() {
    paths.close();
  }

  @Test
  void trustsAUser() throws Exception {
    Credential ada = pki.user("Ada Physicist");
    ValidatedPath path = paths.validate(ada.chain());
    assertEquals("/DC=org/DC=hospes/CN=Ada Physicist", path.endEntity().slash());
    assertEquals(ProxyKind.NONE, path.proxy());
    assertEquals(ada.leaf().getNotAfter().toInstant(), path.notAfter());
    assertSame(path, paths.validate(ada.chain()));
  }

  @Test
  void takesAChainWithItsAnchor() throws Exception {
    Credential ada = pki.user("Ada");
    ValidatedPath path = paths.validate(List.of(ada.leaf(), pki.caCertificate()));
    assertEquals("/DC=org/DC=hospes/CN=Ada", path.endEntity().slash());
  }

  @ParameterizedTest
  @EnumSource(
      value = ProxyKind.class,
      names = {"FULL", "LIMITED", "INDEPENDENT", "RESTRICTED"})
  void seesThroughProxies(ProxyKind kind) throws Exception {
    Credential ada = pki.user("Ada");
    ValidatedPath path = paths.validate(pki.proxy(ada, kind).chain());
    assertEquals("/DC=org/DC=hospes/CN=Ada", path.endEntity().slash());
    assertEquals(ada.leaf(), path.endEntityCertificate());
    assertEquals(kind, path.proxy());
  }

  @Test
  void aLimitedProxyStaysLimited() throws Exception {
    Credential limited = pki.proxy(pki.user("Ada"), ProxyKind.LIMITED);
    Credential second = pki.proxy(pki.proxy(pki.user("Ada"), ProxyKind.FULL), ProxyKind.LIMITED);
    assertEquals(ProxyKind.LIMITED, paths.validate(second.chain()).proxy());
    assertEquals("path.proxy", refused(pki.proxy(limited, ProxyKind.FULL)));
  }

  @Test
  void refusesLegacyProxiesUnlessTold() throws Exception {
    Credential legacy = pki.proxy(pki.user("Ada"), ProxyKind.LEGACY);
    assertEquals("path.proxy", refused(legacy));
  }

  @Test
  void refusesAnExpiredCertificate() {
    UntrustedPathException e = refusal(pki.expired("Ada"));
    assertEquals("path.expired", e.code());
    assertEquals("/DC=org/DC=hospes/CN=Ada", e.subject());
    assertEquals(1, e.problems().size(), e::getMessage);
  }

  @Test
  void refusesAnExpiredProxy() {
    assertEquals("path.expired", refused(pki.expiredProxy(pki.user("Ada"))));
  }

  @Test
  void refusesARevokedCertificateAndItsProxies() {
    Credential ada = pki.user("Ada");
    Credential proxy = pki.proxy(ada, ProxyKind.FULL);
    pki.revoke(ada);
    assertTrue(paths.refresh());
    assertEquals("path.revoked", refused(ada));
    assertEquals("path.revoked", refused(proxy));
  }

  @Test
  void refusesAnUnknownCa() {
    UntrustedPathException e = refusal(pki.otherCa().user("Ada"));
    assertEquals("path.ca.unknown", e.code());
    assertEquals(1, e.problems().size(), e::getMessage);
    assertTrue(e.getMessage().contains("/DC=org/DC=other/CN=Other CA"), e::getMessage);
  }

  @Test
  void refusesAnImpostorOfTheCa() {
    assertEquals("path.ca.unknown", refused(pki.impostor().user("Ada")));
  }

  @Test
  void refusesWithoutCrl() {
    pki.dropCrl();
    assertTrue(paths.refresh());
    assertEquals("path.crl.missing", refused(pki.user("Ada")));
  }

  @Test
  void refusesByAnExpiredCrl() {
    pki.expireCrl();
    assertTrue(paths.refresh());
    assertEquals("path.crl.expired", refused(pki.user("Ada")));
  }

  @Test
  void refusesWithoutSigningPolicy() {
    pki.dropSigningPolicy();
    assertTrue(paths.refresh());
    assertEquals("path.namespace", refused(pki.user("Ada")));
  }

  @Test
  void refusesANameOutsideTheNamespace() {
    assertEquals("path.namespace", refused(pki.named("/C=XX/O=Elsewhere/CN=Ada")));
  }

  @Test
  void refusesProxiesWithoutTheirIssuer() {
    Credential proxy = pki.proxy(pki.user("Ada"), ProxyKind.FULL);
    UntrustedPathException e =
        assertThrows(UntrustedPathException.class, () -> paths.validate(List.of(proxy.leaf())));
    assertFalse(e.problems().isEmpty());
  }

  @Test
  void refusesAProxyUnderAnothersName() {
    Credential proxy = pki.proxy(pki.user("Ada"), ProxyKind.FULL);
    Credential bob = pki.user("Bob");
    UntrustedPathException e =
        assertThrows(
            UntrustedPathException.class, () -> paths.validate(List.of(proxy.leaf(), bob.leaf())));
    assertFalse(e.problems().isEmpty());
  }

  @Test
  void refusesNoChainAndAnEndlessOne() {
    assertEquals(
        "path.other",
        assertThrows(UntrustedPathException.class, () -> paths.validate(List.of())).code());
    List<X509Certificate> many = Collections.nCopies(100, pki.user("Ada").leaf());
    assertEquals(
        "path.other",
        assertThrows(UntrustedPathException.class, () -> paths.validate(many)).code());
  }

  @Test
  void aNamespacesFileCountsBesideTheSigningPolicy() throws Exception {
    pki.writeNamespaces("/DC=org/DC=hospes/CN=Ada.*");
    assertTrue(paths.refresh());
    paths.validate(pki.user("Ada").chain());
    assertEquals("path.namespace", refused(pki.user("Bob")));
  }

  @Test
  void holdsASubordinateCaToTheSameRules() throws Exception {
    TestPki below = pki.subordinateCa();
    Credential ada = below.user("Ada");
    assertEquals("path.crl.missing", refused(ada));
    below.installInto(pki.caDirectory());
    assertTrue(paths.refresh());
    assertEquals("/DC=org/DC=hospes/CN=Ada", paths.validate(ada.chain()).endEntity().slash());
    paths.validate(List.of(ada.leaf()));
    pki.revoke(below);
    assertTrue(paths.refresh());
    assertEquals("path.revoked", refused(ada));
    assertEquals(
        "path.revoked",
        assertThrows(UntrustedPathException.class, () -> paths.validate(List.of(ada.leaf())))
            .code());
  }

  @Test
  void aUserIsNoCa() {
    Credential ada = pki.user("Ada");
    Credential forged = pki.forgedBy(ada, "/DC=org/DC=hospes/CN=Operator");
    assertFalse(refusal(forged).problems().isEmpty());
  }

  @Test
  void refusesWhatAnybodyCouldForge() {
    UntrustedPathException e = refusal(pki.weak("Ada", "MD5withRSA", 2048));
    assertTrue(e.getMessage().contains("MD5"), e::getMessage);
    e = refusal(pki.weak("Ada", "SHA256withRSA", 768));
    assertTrue(e.getMessage().contains("768 bits"), e::getMessage);
  }

  @Test
  void refusesKeysThatCostWhoeverUsesThem() throws Exception {
    BigInteger huge = BigInteger.ONE.shiftLeft(8200).add(BigInteger.ONE);
    assertTrue(refusal(huge, BigInteger.valueOf(65537)).contains("8201 bits"));
    BigInteger usual = BigInteger.ONE.shiftLeft(2047).add(BigInteger.ONE);
    for (BigInteger exponent :
        List.of(BigInteger.valueOf(4), BigInteger.ONE.shiftLeft(1000).add(BigInteger.ONE))) {
      assertTrue(refusal(usual, exponent).contains("public exponent"));
    }
  }

  @Test
  void warnsOfACrlADayBeforeItEnds() {
    pki.writeCrl(Duration.ofHours(25));
    assertTrue(paths.refresh());
    assertEquals(List.of(), paths.warnings());
    pki.writeCrl(Duration.ofHours(23));
    assertTrue(paths.refresh());
    assertEquals(1, paths.warnings().size());
    String warning = paths.warnings().get(0);
    assertTrue(warning.startsWith("the CRL of /DC=org/DC=hospes/CN=Test CA runs out"), warning);
    pki.expireCrl();
    assertTrue(paths.refresh());
    assertTrue(paths.warnings().get(0).contains(" ran out at "), paths.warnings()::toString);
  }

  private String refusal(BigInteger modulus, BigInteger exponent) throws Exception {
    PublicKey key =
        KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(modulus, exponent));
    List<X509Certificate> chain = List.of(pki.certificate("Ada", key, "SHA256withRSA"));
    return assertThrows(UntrustedPathException.class, () -> paths.validate(chain)).getMessage();
  }

  private String refused(Credential credential) {
    return refusal(credential).code();
  }

  private UntrustedPathException refusal(Credential credential) {
    return assertThrows(UntrustedPathException.class, () -> paths.validate(credential.chain()));
  }
}
