package org.hospes.trust.caller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.ProxyKind;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.trust.testpki.TestPki;
import org.hospes.trust.testpki.TestVoms;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a chain and its attribute certificates say about who asks. */
class CallerReaderTest {
  @TempDir Path dir;
  private TestPki pki;
  private TestVoms voms;
  private Credential ada;
  private Path vomsDirectory;
  private CertificateDirectory paths;
  private CallerReader callers;

  @BeforeEach
  void openSite() {
    pki = TestPki.create(dir);
    voms = new TestVoms(pki, "voms.example.org");
    ada = pki.user("Ada Physicist");
    vomsDirectory = dir.resolve("vomsdir");
    voms.writeLsc(vomsDirectory, "demo");
    paths = pki.validator();
    callers = new CallerReader(paths, Optional.of(vomsDirectory), Clock.systemUTC());
  }

  @AfterEach
  void close() {
    paths.close();
  }

  @Test
  void withoutVomsACallerHasANameOnly() throws Exception {
    Caller caller = read(pki.proxy(ada, ProxyKind.LIMITED));
    assertEquals("/DC=org/DC=hospes/CN=Ada Physicist", caller.dn().slash());
    assertEquals(ProxyKind.LIMITED, caller.proxy());
    assertEquals(List.of(), caller.fqans());
    assertEquals(Optional.empty(), caller.virtualOrganisation());
  }

  @Test
  void readsTheFqansOfAGoodAttributeCertificate() throws Exception {
    Credential proxy = voms.proxy(ada, "demo", "/demo/Role=NULL/Capability=NULL", "/demo/prod");
    Caller caller = read(proxy);
    assertEquals(List.of("/demo", "/demo/prod"), caller.fqans());
    assertEquals(Optional.of("demo"), caller.virtualOrganisation());
    assertEquals(ProxyKind.FULL, caller.proxy());
    assertSame(caller, read(proxy));
  }

  @Test
  void attributesReachThroughFurtherProxies() throws Exception {
    Credential second = pki.proxy(voms.proxy(ada, "demo", "/demo/Role=prod"), ProxyKind.FULL);
    assertEquals(List.of("/demo/Role=prod"), read(second).fqans());
  }

  @Test
  void theCallersTimeEndsWithTheAttributes() throws Exception {
    Instant end = Instant.now().plus(Duration.ofMinutes(20)).truncatedTo(ChronoUnit.SECONDS);
    Credential proxy = voms.proxy(ada, ada, "demo", Instant.now().minusSeconds(60), end, "/demo");
    assertEquals(end, read(proxy).notAfter());
  }

  @Test
  void refusesAttributesThatEnded() {
    Instant now = Instant.now();
    refused(
        voms.proxy(
            ada, ada, "demo", now.minus(Duration.ofHours(2)), now.minusSeconds(600), "/demo"));
  }

  @Test
  void refusesAttributesOfSomebodyElse() {
    Credential bob = pki.user("Bob");
    Instant now = Instant.now();
    refused(voms.proxy(ada, bob, "demo", now.minusSeconds(60), now.plusSeconds(600), "/demo"));
  }

  @Test
  void refusesAServerThatNobodyListed() {
    refused(voms.proxy(ada, "elsewhere", "/elsewhere"));
  }

  @Test
  void refusesAServerOfAnotherCa() {
    TestVoms foreign = new TestVoms(pki.otherCa(), "voms.example.org");
    refused(foreign.proxy(ada, "demo", "/demo"));
  }

  @Test
  void refusesAServerThatSpeaksForAnotherVo() {
    refused(voms.proxy(ada, "demo", "/atlas/Role=production"));
  }

  @Test
  void refusesARevokedServerOnceTheCrlSaysSo() throws Exception {
    Credential proxy = voms.proxy(ada, "demo", "/demo");
    assertEquals(List.of("/demo"), read(proxy).fqans());
    pki.revoke(voms.credential());
    assertTrue(paths.refresh());
    refused(proxy);
  }

  @Test
  void withoutAVomsDirectoryAttributesCountForNothing() throws Exception {
    CallerReader plain = new CallerReader(paths, Optional.empty(), Clock.systemUTC());
    Credential proxy = voms.proxy(ada, "elsewhere", "/elsewhere");
    assertEquals(List.of(), plain.read(paths.validate(proxy.chain())).fqans());
  }

  @Test
  void takesUpAServerThatIsListedLater() throws Exception {
    Credential proxy = voms.proxy(ada, "later", "/later");
    refused(proxy);
    voms.writeLsc(vomsDirectory, "later");
    Clock afterwards = Clock.offset(Clock.systemUTC(), Duration.ofSeconds(30));
    MovableClock clock = new MovableClock(Clock.systemUTC());
    CallerReader reader = new CallerReader(paths, Optional.of(vomsDirectory), clock);
    assertEquals(List.of("/later"), reader.read(paths.validate(proxy.chain())).fqans());
    Files.delete(vomsDirectory.resolve("later").resolve("voms.example.org.lsc"));
    clock.now = afterwards;
    assertThrows(UntrustedPathException.class, () -> reader.read(paths.validate(proxy.chain())));
  }

  @Test
  void aServersCertificateInTheDirectoryDoesNotSpeakForEveryVo() throws Exception {
    Files.copy(
        pki.writeCertificate(voms.credential(), "voms.pem"), vomsDirectory.resolve("voms.pem"));
    refused(voms.proxy(ada, "elsewhere", "/elsewhere"));
  }

  @Test
  void aBadFileOrNoDirectoryHarmsNobodyWithoutAttributes() throws Exception {
    Files.createDirectory(vomsDirectory.resolve("broken"));
    Files.writeString(vomsDirectory.resolve("broken").resolve("voms.example.org.lsc"), "what?");
    assertEquals(List.of("/demo"), read(voms.proxy(ada, "demo", "/demo")).fqans());
    refused(voms.proxy(ada, "broken", "/broken"));
    callers = new CallerReader(paths, Optional.of(dir.resolve("nowhere")), Clock.systemUTC());
    assertEquals(List.of(), read(ada).fqans());
    refused(voms.proxy(ada, "demo", "/demo"));
  }

  private Caller read(Credential credential) throws UntrustedPathException {
    return callers.read(paths.validate(credential.chain()));
  }

  private void refused(Credential credential) {
    UntrustedPathException e = assertThrows(UntrustedPathException.class, () -> read(credential));
    assertEquals(CallerReader.BAD_ATTRIBUTES, e.code(), e::getMessage);
    assertEquals("/DC=org/DC=hospes/CN=Ada Physicist", e.subject());
  }

  /** A clock that another can replace. */
  private static final class MovableClock extends Clock {
    private Clock now;

    MovableClock(Clock now) {
      this.now = now;
    }

    @Override
    public ZoneId getZone() {
      return now.getZone();
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return now.withZone(zone);
    }

    @Override
    public Instant instant() {
      return now.instant();
    }
  }
}
