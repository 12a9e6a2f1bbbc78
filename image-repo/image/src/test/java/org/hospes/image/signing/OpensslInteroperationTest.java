package org.hospes.image.signing;

import static org.hospes.image.testimages.CommandLine.attempt;
import static org.hospes.image.testimages.CommandLine.run;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.image.testimages.CommandLine;
import org.hospes.image.testimages.TestDisks;
import org.hospes.image.testimages.TestSignatures;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What OpenSSL signs we take, and what we sign OpenSSL takes. */
class OpensslInteroperationTest {
  @TempDir Path directory;
  private TestPki pki;
  private Credential bob;
  private Path key;
  private Path certificate;
  private Path disk;

  @BeforeEach
  void makeBuilder() {
    pki = TestPki.create(directory.resolve("pki"));
    bob = pki.user("Bob Builder");
    key = pki.writeKey(bob, "bob.key");
    certificate = pki.writeCertificate(bob, "bob.pem");
    disk = TestDisks.mbr(directory.resolve("disk"), 300_032, 5);
  }

  @ParameterizedTest
  @CsvSource({"CLASSIC_SHA1, -sha1, SHA-1", "CLASSIC_SHA256, -sha256, SHA-256"})
  void classic(SignatureForm form, String option, String algorithm) throws Exception {
    Path signature = directory.resolve("signature");
    run("openssl", "dgst", option, "-sign", "" + key, "-out", "" + signature, "" + disk);
    byte[] found = MessageDigest.getInstance(algorithm).digest(Files.readAllBytes(disk));
    Digest digest = form == SignatureForm.CLASSIC_SHA1 ? Digest.sha1(found) : Digest.sha256(found);
    ClassicSignatures.verify(digest, Files.readAllBytes(signature), bob.leaf());

    byte[] ours = TestSignatures.classic(Files.readAllBytes(disk), form, bob);
    assertArrayEquals(Files.readAllBytes(signature), ours);
    Path publicKey = directory.resolve("public");
    Files.writeString(
        publicKey, run("openssl", "x509", "-in", "" + certificate, "-pubkey", "-noout"));
    Files.write(signature, ours);
    run(
        "openssl",
        "dgst",
        option,
        "-verify",
        "" + publicKey,
        "-signature",
        "" + signature,
        "" + disk);
  }

  @Test
  void opensslTakesOurCms() throws Exception {
    byte[] content = "{\r\n \"a\": 1\n}\n".getBytes(StandardCharsets.UTF_8);
    Path manifest = Files.write(directory.resolve("manifest"), content);
    Path cms = Files.write(directory.resolve("cms"), CmsSignatures.sign(content, bob));
    assertEquals(0, openssl(manifest, cms).status());
    content[0] ^= 1;
    Files.write(manifest, content);
    assertNotEquals(0, openssl(manifest, cms).status());
  }

  @Test
  void opensslRefusesOurCmsOnceItsSignerIsRevoked() throws Exception {
    byte[] content = "{}".getBytes(StandardCharsets.UTF_8);
    Path manifest = Files.write(directory.resolve("manifest"), content);
    Path cms = Files.write(directory.resolve("cms"), CmsSignatures.sign(content, bob));
    pki.revoke(bob);
    assertNotEquals(0, openssl(manifest, cms).status());
  }

  @Test
  void weTakeTheCmsOfOpenssl() throws Exception {
    byte[] content = "{\r\n}\n".getBytes(StandardCharsets.UTF_8);
    Path manifest = Files.write(directory.resolve("manifest"), content);
    Path cms = directory.resolve("cms");
    run(
        "openssl",
        "cms",
        "-sign",
        "-binary",
        "-md",
        "sha256",
        "-in",
        "" + manifest,
        "-signer",
        "" + certificate,
        "-inkey",
        "" + key,
        "-outform",
        "DER",
        "-out",
        "" + cms);
    assertEquals(bob.leaf(), CmsSignatures.verify(content, Files.readAllBytes(cms)).get(0));
  }

  private CommandLine.Result openssl(Path manifest, Path cms) {
    return attempt(
        "openssl",
        "cms",
        "-verify",
        "-binary",
        "-purpose",
        "any",
        "-crl_check_all",
        "-inform",
        "DER",
        "-in",
        "" + cms,
        "-content",
        "" + manifest,
        "-CApath",
        "" + pki.caDirectory(),
        "-out",
        "/dev/null");
  }
}
