package org.hospes.repo.catalogue;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.catalogue.Catalogue;
import org.hospes.image.catalogue.CatalogueFormat;
import org.hospes.image.signing.CmsSignatures;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogueSignerTest {
  @TempDir Path folder;
  private Instant now = Instant.parse("2026-11-20T12:00:00Z");
  private Path serial;
  private TestPki pki;
  private Credential host;
  private PublicationBook book;

  @BeforeEach
  void open() throws Exception {
    pki = TestPki.create(folder.resolve("pki"));
    host = pki.host("images.example.org");
    book = new PublicationBook(folder.resolve("names"), folder.resolve("incoming"));
    serial = folder.resolve("serial");
  }

  @Test
  void givesTheSameListAgainWhileNothingChanges() throws Exception {
    CatalogueSigner signer = signer();
    assertArrayEquals(signer.current().catalogue(), signer.current().catalogue());
    assertEquals(1, signer.serial());
  }

  @Test
  void signsAnewWithAnotherSerialWhenHalfItsValidityIsOver() throws Exception {
    CatalogueSigner signer = signer();
    assertEquals(1, parse(signer).serial());
    now = now.plus(Duration.ofMinutes(29));
    assertEquals(1, parse(signer).serial());
    now = now.plus(Duration.ofMinutes(1));
    assertEquals(2, parse(signer).serial());
    assertEquals(now.plus(Duration.ofHours(1)), parse(signer).validUntil());
  }

  @Test
  void signsAnewWhenNamesOrTheHostsPapersChange() throws Exception {
    CatalogueSigner signer = signer();
    assertEquals(1, parse(signer).serial());
    book.add(
        new Publication(
            0,
            "sl6",
            "1",
            Digest.sha256Of(new byte[0]),
            Digest.sha256Of(new byte[1]),
            SignatureForm.CMS,
            new DistinguishedName("/DC=org/CN=Bob"),
            new DistinguishedName("/DC=org/CN=Bob"),
            1,
            now,
            Optional.empty()),
        new SignedImage(new byte[1], SignatureForm.CMS, new byte[1], host.chain()));
    assertEquals(2, parse(signer).serial());
    assertEquals("sl6:1", parse(signer).entries().get(0).label());
    host = pki.host("images.example.org");
    assertEquals(3, parse(signer).serial());
    assertEquals(
        host.leaf(),
        CmsSignatures.verify(signer.current().catalogue(), signer.current().signature()).get(0));
  }

  @Test
  void neverGivesASerialTwiceEvenWhenASignatureFailed() throws Exception {
    CatalogueSigner signer = signer();
    signer.current();
    Credential good = host;
    host = new Credential(good.chain(), pki.user("Eve").key(), "mixed up");
    try {
      signer.current();
    } catch (IOException e) {
      assertTrue(e.getMessage().contains("cannot be signed"));
    }
    host = good;
    assertTrue(parse(signer).serial() > 2);
    assertTrue(parse(signer()).serial() > parse(signer).serial());
  }

  @Test
  void refusesToStartWithASerialThatCannotBeRead() throws Exception {
    Files.writeString(serial, "");
    assertTrue(assertThrows(IOException.class, this::signer).getMessage().contains("last serial"));
  }

  private static Catalogue parse(CatalogueSigner signer) throws Exception {
    return CatalogueFormat.parse(signer.current().catalogue());
  }

  private CatalogueSigner signer() throws IOException {
    Clock clock =
        new Clock() {
          @Override
          public java.time.ZoneId getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(java.time.ZoneId zone) {
            return this;
          }

          @Override
          public Instant instant() {
            return now;
          }
        };
    return new CatalogueSigner(book, serial, () -> host, Duration.ofHours(1), clock);
  }
}
