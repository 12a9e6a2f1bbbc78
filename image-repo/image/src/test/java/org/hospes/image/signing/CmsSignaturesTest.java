package org.hospes.image.signing;

import static org.hospes.image.testimages.CommandLine.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.hospes.image.ImageRefusedException;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CmsSignaturesTest {
  private static final byte[] CONTENT = "{\"a\": 1}".getBytes(StandardCharsets.UTF_8);

  @TempDir Path directory;
  private TestPki pki;
  private Credential bob;
  private byte[] cms;

  @BeforeEach
  void sign() throws Exception {
    pki = TestPki.create(directory.resolve("pki"));
    bob = pki.user("Bob Builder");
    cms = CmsSignatures.sign(CONTENT, bob);
  }

  @Test
  void givesTheSignersChain() throws Exception {
    assertEquals(List.of(bob.leaf()), CmsSignatures.verify(CONTENT, cms));
  }

  @Test
  void refusesOtherBytes() {
    byte[] other = CONTENT.clone();
    other[3] ^= 1;
    assertEquals("image.signature.invalid", refuse(other, cms).code());
  }

  @Test
  void refusesEveryCutAndEverySingleChangedByteOrGivesTheSameSigner() throws Exception {
    for (int length = 0; length < cms.length; length += 97) {
      refuse(CONTENT, Arrays.copyOf(cms, length));
    }
    Random random = new Random(3);
    for (int i = 0; i < 200; i++) {
      byte[] changed = cms.clone();
      changed[random.nextInt(changed.length)] ^= (byte) (1 << random.nextInt(8));
      try {
        // Bytes that no signature covers, such as those of the certificate's own, may change; the
        // chain is validated afterwards.
        CmsSignatures.verify(CONTENT, changed);
      } catch (ImageRefusedException e) {
        assertEquals(true, e.code().startsWith("image.signature."), e.code());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-md sha1",
        "-md sha256 -nodetach",
        "-md sha256 -noattr",
        "-md sha256 -nocerts",
        "-md sha256 -keyopt rsa_padding_mode:pss",
        "-md sha256 -econtent_type 1.2.840.113549.1.7.2",
      })
  void refusesWhatOpensslCanAlsoSign(String options) throws Exception {
    Path out = openssl("-signer " + cert() + " -inkey " + key() + " " + options);
    assertEquals("image.signature.invalid", refuse(CONTENT, Files.readAllBytes(out)).code());
  }

  @Test
  void refusesTwoSigners() throws Exception {
    Credential eve = pki.user("Eve");
    Path out =
        openssl(
            "-md sha256 -signer "
                + cert()
                + " -inkey "
                + key()
                + " -signer "
                + pki.writeCertificate(eve, "eve.pem")
                + " -inkey "
                + pki.writeKey(eve, "eve.key"));
    assertEquals("image.signature.invalid", refuse(CONTENT, Files.readAllBytes(out)).code());
  }

  private Path cert() {
    return pki.writeCertificate(bob, "bob.pem");
  }

  private Path key() {
    return pki.writeKey(bob, "bob.key");
  }

  private Path openssl(String options) throws Exception {
    Path in = Files.write(directory.resolve("content"), CONTENT);
    Path out = directory.resolve("cms");
    String line = "openssl cms -sign -binary -outform DER -in " + in + " -out " + out + " ";
    run((line + options).split(" "));
    return out;
  }

  private static ImageRefusedException refuse(byte[] content, byte[] cms) {
    return assertThrows(ImageRefusedException.class, () -> CmsSignatures.verify(content, cms));
  }
}
