package org.hospes.trust.caller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.PathRules;
import org.hospes.trust.path.ProxyKind;
import org.hospes.trust.testpki.TestPki;
import org.hospes.trust.testpki.TestVoms;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an operator is told about somebody's chain, now and at other times. */
class CredentialCheckTest {
  private static final String ADA = "/DC=org/DC=hospes/CN=Ada Physicist";

  @TempDir Path dir;
  private TestPki pki;
  private TestVoms voms;
  private Credential ada;
  private CertificateDirectory paths;

  @BeforeEach
  void openSite() {
    pki = TestPki.create(dir);
    voms = new TestVoms(pki, "voms.example.org");
    voms.writeLsc(dir.resolve("vomsdir"), "demo");
    ada = pki.user("Ada Physicist");
    paths = pki.validator();
  }

  @AfterEach
  void close() {
    paths.close();
  }

  @Test
  void acceptsACertificateAlone() {
    CredentialCheck.Verdict verdict = judge(ada);
    assertTrue(verdict.accepted());
    assertEquals(ADA, verdict.dn());
    assertNull(verdict.proxy());
    assertEquals(List.of(), verdict.fqans());
    assertEquals(List.of(), verdict.reasons());
  }

  @ParameterizedTest
  @CsvSource({
    "FULL, true, inherit-all, false,",
    "LIMITED, false, limited, true, caller.proxy.limited",
    "INDEPENDENT, false, independent, false, caller.proxy.no-rights",
    "RESTRICTED, false, restricted, false, caller.proxy.no-rights",
    "LEGACY, false, legacy, false, path.proxy"
  })
  void tellsOfEveryKindOfProxy(
      ProxyKind kind, boolean accepted, String word, boolean limited, String code) {
    CredentialCheck.Verdict verdict = judge(pki.proxy(ada, kind));
    assertEquals(accepted, verdict.accepted());
    assertEquals(ADA, verdict.dn());
    assertEquals(new CredentialCheck.Proxy(word, 1, limited), verdict.proxy());
    assertEquals(accepted ? 0 : 1, verdict.reasons().size());
    verdict.reasons().forEach(reason -> assertTrue(reason.startsWith(code + ": "), reason));
  }

  @Test
  void takesWhatASiteSwitchedOn() throws Exception {
    CredentialCheck generous = new CredentialCheck(paths, dir.resolve("vomsdir"), true);
    Instant now = Instant.now();
    assertTrue(generous.judge(pki.proxy(ada, ProxyKind.LIMITED).chain(), now).accepted());
    assertFalse(generous.judge(pki.proxy(ada, ProxyKind.RESTRICTED).chain(), now).accepted());
    PathRules rules = PathRules.strict().taking(true, true);
    try (CertificateDirectory old =
        CertificateDirectory.open(
            pki.caDirectory(), rules, Duration.ofDays(1), Clock.systemUTC())) {
      CredentialCheck.Verdict verdict =
          new CredentialCheck(old, dir, false).judge(pki.proxy(ada, ProxyKind.LEGACY).chain(), now);
      assertTrue(verdict.accepted(), verdict::toString);
      assertEquals("legacy", verdict.proxy().kind());
    }
  }

  @Test
  void tellsVerifiedAttributesOnly() {
    assertEquals(
        List.of("/demo/Role=production"),
        judge(voms.proxy(ada, "demo", "/demo/Role=production")).fqans());
    CredentialCheck.Verdict refused = judge(voms.proxy(ada, "elsewhere", "/elsewhere"));
    assertFalse(refused.accepted());
    assertEquals(List.of(), refused.fqans());
    assertTrue(refused.reasons().get(0).startsWith("path.voms: "), refused::toString);
  }

  @Test
  void judgesAtATimeOfThePast() {
    Instant now = Instant.now();
    Credential expired =
        pki.issue(ADA, now.minus(Duration.ofDays(30)), now.minus(Duration.ofDays(10)));
    Credential proxy =
        pki.proxy(expired, now.minus(Duration.ofDays(20)), now.minus(Duration.ofDays(19)));
    assertFalse(judge(expired).accepted());
    assertTrue(judge(expired, now.minus(Duration.ofDays(11))).accepted());
    assertRefused("path.expired", judge(expired, now.minus(Duration.ofDays(31))));
    Instant then = now.minus(Duration.ofDays(20)).plusSeconds(600);
    CredentialCheck.Verdict verdict = judge(proxy, then);
    assertTrue(verdict.accepted(), verdict::toString);
    assertRefused("path.expired", judge(proxy, now.minus(Duration.ofDays(18))));
    assertRefused("path.expired", judge(proxy, now.minus(Duration.ofDays(21))));
  }

  @Test
  void judgesAtATimeOfTheFuture() {
    Instant now = Instant.now();
    Credential proxy = pki.proxy(ada, ProxyKind.FULL);
    assertTrue(judge(proxy, now.plus(Duration.ofHours(11))).accepted());
    assertRefused("path.expired", judge(proxy, now.plus(Duration.ofHours(13))));
    assertTrue(judge(ada, now.plus(Duration.ofDays(20))).accepted());
  }

  @Test
  void whatIsRevokedNowIsRefusedAtAnyTime() {
    Instant now = Instant.now();
    Credential expired =
        pki.issue(ADA, now.minus(Duration.ofDays(30)), now.minus(Duration.ofDays(10)));
    pki.revoke(expired);
    pki.revoke(ada);
    assertTrue(paths.refresh());
    assertRefused("path.revoked", judge(expired, now.minus(Duration.ofDays(11))));
    assertRefused("path.revoked", judge(ada, now.minus(Duration.ofMinutes(30))));
    assertRefused("path.revoked", judge(ada, now.plus(Duration.ofMinutes(30))));
    pki.unlistRevoked(expired);
    assertTrue(paths.refresh());
    assertRefused("path.revoked", judge(expired, now.minus(Duration.ofDays(11))));
  }

  @Test
  void theOtherRulesHoldAtOtherTimesToo() {
    Instant now = Instant.now();
    Credential foreign =
        pki.issue("/O=Elsewhere/CN=Eve", now.minusSeconds(7200), now.minusSeconds(3600));
    assertRefused("path.namespace", judge(foreign, now.minusSeconds(5000)));
    Credential expired =
        pki.issue(ADA, now.minus(Duration.ofDays(30)), now.minus(Duration.ofDays(10)));
    Credential misnamed =
        pki.issue("/O=Elsewhere/CN=Eve", now.minus(Duration.ofDays(30)), now.minusSeconds(60));
    assertRefused("path.namespace", judge(misnamed, now.minus(Duration.ofDays(20))));
    pki.expireCrl();
    assertTrue(paths.refresh());
    assertRefused("path.crl.expired", judge(expired, now.minus(Duration.ofDays(11))));
    pki.dropCrl();
    assertTrue(paths.refresh());
    assertRefused("path.crl.missing", judge(expired, now.minus(Duration.ofDays(11))));
    assertRefused("path.crl.missing", judge(ada, now.minusSeconds(600)));
    assertRefused("path.crl.missing", judge(ada, now.plusSeconds(600)));
  }

  @Test
  void attributesAreHeldAgainstTheSameTime() {
    Instant now = Instant.now();
    Credential proxy =
        voms.proxy(ada, ada, "demo", now.minusSeconds(60), now.plusSeconds(3600), "/demo");
    assertEquals(List.of("/demo"), judge(proxy, now.plusSeconds(3000)).fqans());
    assertRefused("path.voms", judge(proxy, now.plusSeconds(7200)));
    Credential early =
        voms.proxy(ada, ada, "demo", now.plusSeconds(7200), now.plusSeconds(10800), "/demo");
    assertRefused("path.voms", judge(early));
    assertEquals(List.of("/demo"), judge(early, now.plusSeconds(9000)).fqans());
    Credential forged = pki.otherCa().user("Eve");
    TestVoms foreign = new TestVoms(pki.otherCa(), "voms.example.org");
    Credential byAnother =
        foreign.proxy(ada, ada, "demo", now.plusSeconds(7200), now.plusSeconds(10800), "/demo");
    assertRefused("path.voms", judge(byAnother, now.plusSeconds(9000)));
    assertRefused("path.ca.unknown", judge(forged, now.plusSeconds(9000)));
  }

  @Test
  void aChainOfProxiesAloneHasNoName() {
    Credential proxy = pki.proxy(ada, ProxyKind.FULL);
    CredentialCheck.Verdict verdict =
        new CredentialCheck(paths, dir, false).judge(List.of(proxy.leaf()), Instant.now());
    assertFalse(verdict.accepted());
    assertNull(verdict.dn());
    assertEquals(1, verdict.proxy().depth());
  }

  private CredentialCheck.Verdict judge(Credential credential) {
    return judge(credential, Instant.now());
  }

  private CredentialCheck.Verdict judge(Credential credential, Instant at) {
    return new CredentialCheck(paths, dir.resolve("vomsdir"), false).judge(credential.chain(), at);
  }

  private static void assertRefused(String code, CredentialCheck.Verdict verdict) {
    assertFalse(verdict.accepted(), verdict::toString);
    assertTrue(verdict.reasons().get(0).startsWith(code + ": "), verdict::toString);
  }
}
