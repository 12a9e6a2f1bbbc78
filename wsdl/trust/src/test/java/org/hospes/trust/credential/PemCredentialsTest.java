package org.hospes.trust.credential;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.hospes.trust.path.ProxyKind;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Papers in files, as openssl and the grid's tools write them. */
class PemCredentialsTest {
  private static final Supplier<char[]> NOBODY = () -> null;

  @TempDir Path dir;
  private TestPki pki;
  private Credential ada;
  private Path certificate;
  private Path key;

  @BeforeEach
  void writePapers() {
    pki = TestPki.create(dir);
    ada = pki.user("Ada");
    certificate = pki.writeCertificate(ada, "usercert.pem");
    key = pki.writeKey(ada, "userkey.pem");
  }

  @Test
  void readsCertificateAndKey() throws Exception {
    Credential read = PemCredentials.load(certificate, key, NOBODY);
    assertEquals(ada.chain(), read.chain());
    assertArrayEquals(ada.key().getEncoded(), read.key().getEncoded());
    assertEquals(certificate.toString(), read.origin());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "openssl rsa -traditional -in K -out N",
        "openssl rsa -traditional -aes256 -passout pass:secret -in K -out N",
        "openssl pkcs8 -topk8 -v2 aes256 -passout pass:secret -in K -out N",
        "openssl pkcs8 -topk8 -v2 des3 -passout pass:secret -in K -out N",
      })
  void readsKeysAsOpensslWritesThem(String command) throws Exception {
    Path written = openssl(command);
    Credential read = PemCredentials.load(certificate, written, () -> "secret".toCharArray());
    assertArrayEquals(ada.key().getEncoded(), read.key().getEncoded());
  }

  @Test
  void readsKeysOnEllipticCurves() throws Exception {
    Path ec = dir.resolve("ec.pem");
    Path self = dir.resolve("ec-cert.pem");
    run("openssl ecparam -genkey -name prime256v1 -out " + ec);
    run("openssl req -x509 -new -key " + ec + " -subj /O=Grid/CN=Ada -out " + self);
    privately(ec);
    assertEquals("EC", PemCredentials.load(self, ec, NOBODY).key().getAlgorithm());
  }

  @Test
  void anEncryptedKeyNeedsSomebodyToAsk() throws Exception {
    Path written = openssl("openssl rsa -traditional -aes256 -passout pass:secret -in K -out N");
    CredentialException e = refusal(() -> PemCredentials.load(certificate, written, NOBODY));
    assertEquals("credential.passphrase.needed", e.code());
    assertTrue(e.advice().orElseThrow().contains("grid-proxy-init"));
  }

  @Test
  void aWrongPassphraseIsToldAndWiped() throws Exception {
    for (String form :
        List.of(
            "openssl rsa -traditional -aes256 -passout pass:secret -in K -out N",
            "openssl pkcs8 -topk8 -v2 aes256 -passout pass:secret -in K -out N")) {
      Path written = openssl(form);
      char[] wrong = "guess".toCharArray();
      CredentialException e = refusal(() -> PemCredentials.load(certificate, written, () -> wrong));
      assertEquals("credential.passphrase.wrong", e.code());
      assertArrayEquals(new char[5], wrong);
    }
  }

  @ParameterizedTest
  @CsvSource({"rw-r-----", "rw----r--", "rw--w----", "rwxrwxrwx"})
  void aKeyThatOthersCanReadIsRefused(String mode) throws Exception {
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString(mode));
    CredentialException e = refusal(() -> PemCredentials.load(certificate, key, NOBODY));
    assertEquals("credential.readable-by-others", e.code());
    assertEquals(mode, e.facts().get("mode"));
    assertEquals("chmod 600 " + key, e.advice().orElseThrow());
  }

  @Test
  void aKeyOfAnotherIsRefused() {
    Path other = pki.writeKey(pki.user("Bob"), "other.pem");
    CredentialException e = refusal(() -> PemCredentials.load(certificate, other, NOBODY));
    assertEquals("credential.mismatch", e.code());
    assertEquals(other, e.file().orElseThrow());
  }

  @Test
  void whatIsMissingOrNoPemIsTold() throws Exception {
    Path nowhere = dir.resolve("nowhere.pem");
    assertEquals(
        "credential.missing", refusal(() -> PemCredentials.load(nowhere, key, NOBODY)).code());
    assertEquals(
        "credential.missing",
        refusal(() -> PemCredentials.load(certificate, nowhere, NOBODY)).code());
    Path text = Files.writeString(dir.resolve("text"), "hello");
    assertEquals("credential.malformed", refusal(() -> PemCredentials.certificates(text)).code());
    Path torn =
        Files.writeString(
            dir.resolve("torn"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assertEquals("credential.malformed", refusal(() -> PemCredentials.certificates(torn)).code());
  }

  @Test
  void papersAreSoughtInTheOrderOfTheGrid() throws Exception {
    Path home = Files.createDirectories(dir.resolve("home"));
    Path tmp = Files.createDirectories(dir.resolve("tmp"));
    long me = ((Number) Files.getAttribute(tmp, "unix:uid")).longValue();
    UserCredentials empty = new UserCredentials(Map.of(), home, tmp, me, NOBODY);
    CredentialException none = refusal(() -> empty.find(UserCredentials.Mode.ANY));
    assertEquals("credential.missing", none.code());
    assertTrue(none.getMessage().contains("x509up_u" + me), none::getMessage);

    Files.createDirectory(home.resolve(".globus"));
    Files.copy(certificate, home.resolve(".globus/usercert.pem"));
    Files.copy(key, home.resolve(".globus/userkey.pem"), StandardCopyOption.COPY_ATTRIBUTES);
    assertEquals(ada.chain(), empty.find(UserCredentials.Mode.ANY).chain());

    Credential byUid = pki.proxy(ada, ProxyKind.FULL);
    Files.move(pki.writeProxy(byUid, "p"), tmp.resolve("x509up_u" + me));
    assertEquals(byUid.chain(), empty.find(UserCredentials.Mode.ANY).chain());
    assertEquals(ada.chain(), empty.find(UserCredentials.Mode.NO_PROXY).chain());

    Credential bob = pki.user("Bob");
    Map<String, String> pair =
        Map.of(
            "X509_USER_CERT", pki.writeCertificate(bob, "bob.pem").toString(),
            "X509_USER_KEY", pki.writeKey(bob, "bobkey.pem").toString());
    UserCredentials named = new UserCredentials(pair, home, tmp, me, NOBODY);
    assertEquals(bob.chain(), named.find(UserCredentials.Mode.ANY).chain());

    Credential proxy = pki.proxy(bob, ProxyKind.LIMITED);
    UserCredentials both =
        new UserCredentials(
            Map.of(
                "X509_USER_PROXY", pki.writeProxy(proxy, "proxy").toString(),
                "X509_USER_CERT", pair.get("X509_USER_CERT"),
                "X509_USER_KEY", pair.get("X509_USER_KEY")),
            home,
            tmp,
            me,
            NOBODY);
    assertEquals(proxy.chain(), both.find(UserCredentials.Mode.ANY).chain());
    assertEquals(bob.chain(), both.find(UserCredentials.Mode.NO_PROXY).chain());
  }

  @Test
  void aProxyThatSomebodyElseLeftUnderOnesNameIsRefused() throws Exception {
    long me = ((Number) Files.getAttribute(dir, "unix:uid")).longValue();
    long other = me + 1;
    Path planted = dir.resolve("x509up_u" + other);
    Files.move(pki.writeProxy(pki.proxy(ada, ProxyKind.FULL), "planted"), planted);
    UserCredentials victim = new UserCredentials(Map.of(), dir, dir, other, NOBODY);
    CredentialException e = refusal(() -> victim.find(UserCredentials.Mode.ANY));
    assertEquals("credential.foreign", e.code());
    assertEquals(String.valueOf(me), e.facts().get("found"));
  }

  @Test
  void aProxyUnderAnotherNameStillSignsNothing() {
    Credential proxy = pki.proxy(ada, ProxyKind.FULL);
    Map<String, String> environment =
        Map.of(
            "X509_USER_CERT", pki.writeCertificate(proxy, "looks-like.pem").toString(),
            "X509_USER_KEY", pki.writeKey(proxy, "looks-like-key.pem").toString());
    UserCredentials disguised = new UserCredentials(environment, dir, dir, 1, NOBODY);
    assertEquals(
        "credential.proxy", refusal(() -> disguised.find(UserCredentials.Mode.NO_PROXY)).code());
  }

  @Test
  void halfAnEnvironmentIsToldAndNothingElseTried() {
    UserCredentials half =
        new UserCredentials(Map.of("X509_USER_CERT", certificate.toString()), dir, dir, 1, NOBODY);
    CredentialException e = refusal(() -> half.find(UserCredentials.Mode.ANY));
    assertTrue(e.getMessage().contains("X509_USER_KEY is not"), e::getMessage);
  }

  @Test
  void aRenewedHostCertificateIsTakenUp() throws Exception {
    try (WatchedCredential host = WatchedCredential.open(certificate, key, Duration.ofDays(1))) {
      assertEquals(ada.chain(), host.current().chain());
      Credential renewed = pki.user("Ada");
      pki.writeCertificate(renewed, "usercert.pem");
      assertEquals(false, host.check());
      assertEquals(ada.chain(), host.current().chain());
      assertTrue(host.lastProblem().orElseThrow().contains("does not belong"));
      pki.writeKey(renewed, "userkey.pem");
      assertTrue(host.check());
      assertEquals(renewed.chain(), host.current().chain());
      assertTrue(host.lastProblem().isEmpty());
    }
  }

  @Test
  void aHostWithoutPapersDoesNotStart() {
    Path nowhere = dir.resolve("hostkey.pem");
    CredentialException e =
        refusal(() -> WatchedCredential.open(certificate, nowhere, Duration.ofDays(1)).close());
    assertEquals("credential.missing", e.code());
    assertEquals(nowhere, e.file().orElseThrow());
  }

  private interface Attempt {
    void run() throws Exception;
  }

  private static CredentialException refusal(Attempt attempt) {
    return assertThrows(CredentialException.class, attempt::run);
  }

  private Path openssl(String command) throws Exception {
    Path written = dir.resolve("written.pem");
    Files.deleteIfExists(written);
    run(command.replace(" K ", " " + key + " ").replace("N", written.toString()));
    privately(written);
    return written;
  }

  private static void privately(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  private static void run(String command) throws Exception {
    Process process = new ProcessBuilder(command.split(" ")).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes());
    assertEquals(0, process.waitFor(), command + ": " + said);
  }
}
