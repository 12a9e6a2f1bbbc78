package org.hospes.trust.path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A site's CAs and CRLs change while it runs. */
class CertificateReloadTest {
  @TempDir Path dir;
  private TestPki pki;
  private Credential ada;

  @BeforeEach
  void makeCa() {
    pki = TestPki.create(dir);
    ada = pki.user("Ada");
  }

  @Test
  void nothingChangesWithoutAChange() throws Exception {
    try (CertificateDirectory paths = pki.validator()) {
      ValidatedPath first = paths.validate(ada.chain());
      assertFalse(paths.refresh());
      assertEquals(1, paths.generation());
      Files.setLastModifiedTime(pki.crlFile(), FileTime.from(Instant.now().plusSeconds(9)));
      assertFalse(paths.refresh());
      assertEquals(first, paths.validate(ada.chain()));
    }
  }

  @Test
  void aNewCrlOfTheSameTimeAndSizeIsSeen() throws Exception {
    pki.revoke(pki.user("Bob"));
    try (CertificateDirectory paths = pki.validator()) {
      ValidatedPath before = paths.validate(ada.chain());
      FileTime time = Files.getLastModifiedTime(pki.crlFile());
      pki.writeCrl();
      Files.setLastModifiedTime(pki.crlFile(), time);
      assertTrue(paths.refresh());
      assertEquals(2, paths.generation());
      assertNotSame(before, paths.validate(ada.chain()));
    }
  }

  @Test
  void aDroppedCrlIsMissedAndANewOneMends() throws Exception {
    try (CertificateDirectory paths = pki.validator()) {
      paths.validate(ada.chain());
      pki.dropCrl();
      assertTrue(paths.refresh());
      assertEquals("path.crl.missing", refused(paths, ada));
      assertEquals(List.of(), paths.crls());
      pki.writeCrl();
      assertTrue(paths.refresh());
      paths.validate(ada.chain());
      assertEquals(3, paths.generation());
    }
  }

  @Test
  void aDroppedCaIsTrustedNoMore() throws Exception {
    try (CertificateDirectory paths = pki.validator()) {
      paths.validate(ada.chain());
      pki.dropCa();
      assertTrue(paths.refresh());
      assertEquals("path.ca.unknown", refused(paths, ada));
      assertEquals(List.of(), paths.anchors());
    }
  }

  @Test
  void aDroppedSigningPolicyIsMissed() throws Exception {
    try (CertificateDirectory paths = pki.validator()) {
      paths.validate(ada.chain());
      pki.dropSigningPolicy();
      assertTrue(paths.refresh());
      assertEquals("path.namespace", refused(paths, ada));
    }
  }

  @Test
  void aNewCaIsTakenUpByItself() throws Exception {
    try (CertificateDirectory paths =
        CertificateDirectory.open(
            pki.caDirectory(), PathRules.strict(), Duration.ofMillis(50), Clock.systemUTC())) {
      CountDownLatch changed = new CountDownLatch(1);
      paths.onChange(
          () -> {
            throw new IllegalStateException("a listener that fails does not stop the others");
          });
      paths.onChange(changed::countDown);
      TestPki other = pki.otherCa();
      Credential eve = other.user("Eve");
      assertEquals("path.ca.unknown", refused(paths, eve));
      other.installInto(pki.caDirectory());
      assertTrue(changed.await(60, TimeUnit.SECONDS));
      // The three files do not appear at once: several generations may pass.
      Instant patience = Instant.now().plusSeconds(60);
      while (paths.crls().size() < 2 && Instant.now().isBefore(patience)) {
        Thread.sleep(20);
      }
      paths.validate(eve.chain());
      assertEquals(2, paths.anchors().size());
    }
  }

  @Test
  void aLookSeesWhatIsReplacedUnderTheSameTimeAndSize() throws Exception {
    pki.revoke(pki.user("Bob"));
    try (CertificateDirectory paths =
        CertificateDirectory.open(
            pki.caDirectory(),
            PathRules.strict(),
            Duration.ofMillis(50),
            Duration.ofDays(1),
            Clock.systemUTC())) {
      paths.validate(ada.chain());
      for (int round = 0; round < 20; round++) {
        long before = paths.generation();
        FileTime time = Files.getLastModifiedTime(pki.crlFile());
        pki.writeCrl();
        Files.setLastModifiedTime(pki.crlFile(), time);
        awaitGeneration(paths, before);
      }
      long before = paths.generation();
      pki.revoke(ada);
      awaitGeneration(paths, before);
      assertEquals("path.revoked", refused(paths, ada));
    }
  }

  @Test
  void aLookThroughALinkSeesItsFile() throws Exception {
    Path elsewhere = Files.createDirectory(dir.resolve("elsewhere"));
    Path real = Files.move(pki.crlFile(), elsewhere.resolve("ca.crl"));
    Files.createSymbolicLink(pki.crlFile(), real);
    DirectoryLook before = DirectoryLook.at(pki.caDirectory()).orElseThrow();
    assertEquals(before, DirectoryLook.at(pki.caDirectory()).orElseThrow());
    Path other = elsewhere.resolve("other.crl");
    Files.copy(real, other, StandardCopyOption.COPY_ATTRIBUTES);
    Files.move(other, real, StandardCopyOption.ATOMIC_MOVE);
    DirectoryLook replaced = DirectoryLook.at(pki.caDirectory()).orElseThrow();
    assertNotEquals(before, replaced);
    Files.delete(real);
    assertNotEquals(replaced, DirectoryLook.at(pki.caDirectory()).orElseThrow());
    assertEquals(Optional.empty(), DirectoryLook.at(dir.resolve("nowhere")));
  }

  /** What is written within a tick after a look is found at the second look. */
  private static void awaitGeneration(CertificateDirectory paths, long before)
      throws InterruptedException {
    Instant patience = Instant.now().plusSeconds(60);
    while (paths.generation() == before && Instant.now().isBefore(patience)) {
      Thread.sleep(5);
    }
    assertTrue(paths.generation() > before);
  }

  @Test
  void aDirectoryThatVanishesTrustsNobodyUntilItIsBack() throws Exception {
    try (CertificateDirectory paths = pki.validator()) {
      paths.validate(ada.chain());
      Path away = dir.resolve("away");
      Files.move(pki.caDirectory(), away);
      assertTrue(paths.refresh());
      assertFalse(paths.refresh());
      assertEquals("path.other", refused(paths, ada));
      assertTrue(paths.problem().orElseThrow().contains("certificates"));
      assertEquals(2, paths.generation());
      Files.move(away, pki.caDirectory());
      assertTrue(paths.refresh());
      paths.validate(ada.chain());
      assertEquals(Optional.empty(), paths.problem());
    }
  }

  @Test
  void aCrlThatEndsMakesANewGeneration() throws Exception {
    Instant now = Instant.now();
    SteppedClock clock = new SteppedClock(now);
    try (CertificateDirectory paths =
        CertificateDirectory.open(
            pki.caDirectory(), PathRules.strict(), Duration.ofDays(1), clock)) {
      CrlStatus crl = paths.crls().get(0);
      assertEquals("/DC=org/DC=hospes/CN=Test CA", crl.issuer().slash());
      assertEquals(pki.crlFile(), crl.file());
      clock.now = crl.nextUpdate().plusSeconds(1);
      assertTrue(paths.refresh());
      assertEquals(2, paths.generation());
      assertFalse(paths.refresh());
    }
  }

  @Test
  void aCrlThatIsNoneCountsAsMissing() throws Exception {
    try (CertificateDirectory paths = pki.validator()) {
      Files.writeString(pki.crlFile(), "<html>the CA's server is down</html>");
      assertTrue(paths.refresh());
      assertEquals("path.crl.missing", refused(paths, ada));
    }
  }

  @Test
  void aCrlOfAnImpostorDoesNotCount() throws Exception {
    try (CertificateDirectory paths = pki.validator()) {
      TestPki impostor = pki.impostor();
      impostor.revoke(ada);
      Files.copy(impostor.crlFile(), pki.crlFile(), StandardCopyOption.REPLACE_EXISTING);
      assertTrue(paths.refresh());
      assertEquals("path.crl.missing", refused(paths, ada));
      pki.writeCrl();
      assertTrue(paths.refresh());
      paths.validate(ada.chain());
    }
  }

  @Test
  void aRevocationIsRememberedWhenTheCaForgetsIt() throws Exception {
    Path memory = dir.resolve("revocations-seen");
    PathRules rules = PathRules.strict().rememberingIn(memory);
    pki.revoke(ada);
    try (CertificateDirectory paths = open(rules)) {
      assertEquals("path.revoked", refused(paths, ada));
      pki.unlistRevoked(ada);
      assertTrue(paths.refresh());
      assertEquals("path.revoked", refused(paths, ada));
    }
    Files.writeString(memory, Files.readString(memory) + "a torn li");
    try (CertificateDirectory paths = open(rules)) {
      assertEquals("path.revoked", refused(paths, ada));
      paths.validate(pki.user("Bob").chain());
    }
    try (CertificateDirectory forgetful = pki.validator()) {
      forgetful.validate(ada.chain());
    }
    assertEquals(2, Files.readAllLines(memory).size());
  }

  @Test
  void aMemoryThatCannotBeReadStopsTheStart() throws IOException {
    Path memory = Files.createDirectory(dir.resolve("not-a-file"));
    IOException e =
        assertThrows(
            IOException.class, () -> open(PathRules.strict().rememberingIn(memory)).close());
    assertTrue(e.getMessage().contains("not-a-file") || e.getMessage().contains("directory"));
  }

  @Test
  void manyThreadsMayAskWhileItChanges() throws Exception {
    Credential proxy = pki.proxy(ada, ProxyKind.FULL);
    Credential expired = pki.expired("Eve");
    try (CertificateDirectory paths = pki.validator()) {
      ExecutorService threads = Executors.newFixedThreadPool(8);
      List<Future<Integer>> answers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        answers.add(
            threads.submit(
                () -> {
                  int good = 0;
                  for (int round = 0; round < 40; round++) {
                    paths.validate(proxy.chain());
                    assertEquals("path.expired", refused(paths, expired));
                    good++;
                  }
                  return good;
                }));
      }
      for (int i = 0; i < 10; i++) {
        pki.writeCrl();
        assertTrue(paths.refresh());
      }
      for (Future<Integer> answer : answers) {
        assertEquals(40, answer.get(180, TimeUnit.SECONDS));
      }
      threads.shutdown();
    }
  }

  @Test
  void siteRulesMayBeLooser() throws Exception {
    pki.dropCrl();
    pki.dropSigningPolicy();
    PathRules loose = new PathRules(false, false, true, true, Optional.empty());
    try (CertificateDirectory paths = open(loose)) {
      paths.validate(ada.chain());
      Credential legacy = pki.proxy(ada, ProxyKind.LEGACY);
      assertEquals(ProxyKind.LEGACY, paths.validate(legacy.chain()).proxy());
    }
  }

  private CertificateDirectory open(PathRules rules) throws IOException {
    return CertificateDirectory.open(
        pki.caDirectory(), rules, Duration.ofDays(1), Clock.systemUTC());
  }

  private static String refused(PathValidator paths, Credential credential) {
    return assertThrows(UntrustedPathException.class, () -> paths.validate(credential.chain()))
        .code();
  }

  /** A clock that moves when told to. */
  private static final class SteppedClock extends Clock {
    private volatile Instant now;

    SteppedClock(Instant now) {
      this.now = now;
    }

    @Override
    public ZoneOffset getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return now;
    }
  }
}
