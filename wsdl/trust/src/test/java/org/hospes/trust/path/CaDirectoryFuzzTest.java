package org.hospes.trust.path;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One CA's files, each as a mirror or a mistake may leave it: none of them trusts anybody whom the
 * CA did not sign or has revoked, and none breaks the directory for the other CAs.
 */
class CaDirectoryFuzzTest {
  @TempDir static Path dir;
  private static TestPki pki;
  private static TestPki neighbour;
  private static Credential ada;
  private static Credential revoked;
  private static Credential theirs;
  private static DirectorySnapshot whole;

  @BeforeAll
  static void authorities() {
    pki = TestPki.create(dir);
    ada = pki.user("Ada Physicist");
    revoked = pki.user("Mallory");
    pki.revoke(revoked);
    neighbour = pki.otherCa();
    theirs = neighbour.named("/DC=org/DC=other/CN=Neighbour");
  }

  /** The directory as it would be with this file; {@code taken} is left out of it. */
  private static DirectorySnapshot with(String suffix, byte[] file, String... taken)
      throws IOException {
    Path changed = dir.resolve("with" + suffix);
    if (Files.notExists(changed)) {
      Files.createDirectories(changed);
      for (TestPki each : List.of(pki, neighbour)) {
        for (String kind : List.of(".0", ".r0", ".signing_policy")) {
          String name = each.hash() + kind;
          Files.copy(each.caDirectory().resolve(name), changed.resolve(name));
        }
      }
      for (String each : taken) {
        Files.delete(changed.resolve(pki.hash() + each));
      }
    }
    Files.write(changed.resolve(pki.hash() + suffix), file);
    return new DirectorySnapshot(
        changed,
        PathRules.strict(),
        DirectoryContent.of(changed),
        SeenRevocations.open(Optional.empty()),
        Instant.now());
  }

  private static boolean trusted(DirectorySnapshot directory, List<X509Certificate> chain) {
    try {
      directory.validate(chain, Instant.now());
      return true;
    } catch (UntrustedPathException refused) {
      assertFalse(refused.problems().isEmpty());
      return false;
    }
  }

  private static boolean trustsAda(DirectorySnapshot directory) {
    assertFalse(trusted(directory, revoked.chain()), "a revoked certificate is trusted");
    assertTrue(trusted(directory, theirs.chain()), "another CA's people are trusted no more");
    directory.crls();
    return trusted(directory, ada.chain());
  }

  static Stream<byte[]> crls() throws IOException, GeneralSecurityException {
    return Stream.of(Files.readAllBytes(pki.crlFile()), pki.crl(Duration.ofDays(7)).getEncoded());
  }

  @MethodSource("crls")
  @FuzzTest(maxDuration = "60s")
  void aCrlCountsOnlyAsItsCaSignedIt(byte[] file) throws Exception {
    if (trustsAda(with(".r0", file))) {
      X509CRL crl =
          (X509CRL)
              CertificateFactory.getInstance("X.509").generateCRL(new ByteArrayInputStream(file));
      crl.verify(pki.caCertificate().getPublicKey());
    }
  }

  static Stream<byte[]> policies() throws IOException {
    String gentle =
        "# comment\naccess_id_CA X509 '/C=XX/CN=A'\npos_rights globus CA:sign\n"
            + "cond_subjects globus '\"/C=XX/*\"'\n";
    return Stream.of(
        Files.readAllBytes(pki.caDirectory().resolve(pki.hash() + ".signing_policy")),
        gentle.getBytes(StandardCharsets.US_ASCII));
  }

  @MethodSource("policies")
  @FuzzTest(maxDuration = "60s")
  void aSigningPolicyGivesOnlyWhatItNames(byte[] file) throws Exception {
    if (trustsAda(with(".signing_policy", file))) {
      says(file, "access_id_ca", "pos_rights", "ca:sign", "cond_subjects", "test ca");
    }
  }

  static Stream<byte[]> namespaces() {
    return Stream.of(
            "TO Issuer \"/DC=org/DC=hospes/CN=Test CA\" \\\n  PERMIT Subject"
                + " \"/DC=org/DC=hospes/.*\"\n",
            "TO Issuer SELF PERMIT Subject \"/DC=org/DC=hospes/CN=.*\"\n",
            "TO Issuer \"/C=XX/CN=A\" DENY Subject \"(a+)+b\"\n")
        .map(text -> text.getBytes(StandardCharsets.US_ASCII));
  }

  @MethodSource("namespaces")
  @FuzzTest(maxDuration = "60s")
  void aNamespaceGivesOnlyWhatItNames(byte[] file) throws Exception {
    if (trustsAda(with(".namespaces", file, ".signing_policy"))) {
      says(file, "to", "issuer", "permit", "subject");
    }
  }

  private static void says(byte[] file, String... words) {
    String text = new String(file, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
    for (String word : words) {
      assertTrue(text.contains(word), () -> "trusted without " + word + ":\n" + text);
    }
  }

  static Stream<byte[]> anchors() throws IOException, CertificateException {
    return Stream.of(
        Files.readAllBytes(pki.caDirectory().resolve(pki.hash() + ".0")),
        pki.caCertificate().getEncoded());
  }

  /** Nobody signs with a key of the fuzzer's making, so that only the CA's own may be trusted. */
  @MethodSource("anchors")
  @FuzzTest(maxDuration = "60s")
  void anAnchorIsWhatSigned(byte[] file) throws Exception {
    DirectorySnapshot directory = with(".0", file);
    if (trustsAda(directory)) {
      assertTrue(
          directory.anchors().stream()
              .anyMatch(a -> a.getPublicKey().equals(pki.caCertificate().getPublicKey())));
    }
  }

  static Stream<byte[]> certificates() throws CertificateException {
    return Stream.of(
        ada.leaf().getEncoded(),
        pki.proxy(ada, ProxyKind.LIMITED).leaf().getEncoded(),
        pki.proxy(ada, ProxyKind.LEGACY).leaf().getEncoded());
  }

  /** What comes first in a chain, with the person's own certificate behind it and without. */
  @MethodSource("certificates")
  @FuzzTest(maxDuration = "60s")
  void aCertificateCountsOnlyAsItWasSigned(byte[] der) throws Exception {
    X509Certificate certificate;
    try {
      certificate =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(der));
    } catch (CertificateException unreadable) {
      return;
    }
    if (whole == null) {
      whole = with(".crl_url", new byte[0]);
    }
    for (List<X509Certificate> chain :
        List.of(List.of(certificate), List.of(certificate, ada.leaf()))) {
      if (trusted(whole, chain)) {
        assertTrue(
            isSignedBy(certificate, pki.caCertificate()) || isSignedBy(certificate, ada.leaf()));
        assertFalse(
            Arrays.equals(certificate.getTBSCertificate(), revoked.leaf().getTBSCertificate()));
      }
    }
  }

  private static boolean isSignedBy(X509Certificate certificate, X509Certificate issuer) {
    try {
      certificate.verify(issuer.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
