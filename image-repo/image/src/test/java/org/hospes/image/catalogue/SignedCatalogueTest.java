package org.hospes.image.catalogue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.signing.CmsSignatures;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyKind;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SignedCatalogueTest {
  private static final Instant AT = Instant.parse("2026-11-20T12:00:00Z");
  private static final Catalogue CATALOGUE = new Catalogue(3, AT, AT.plusSeconds(600), List.of());

  @TempDir Path directory;
  private TestPki pki;
  private CertificateDirectory paths;
  private Credential repository;

  @BeforeEach
  void makeRepository() {
    pki = TestPki.create(directory);
    paths = pki.validator();
    repository = pki.host("images.example.org");
  }

  @AfterEach
  void close() {
    paths.close();
  }

  @Test
  void takesTheRepositorysOwn() throws Exception {
    assertEquals(CATALOGUE, verify(signed(repository), AT.plusSeconds(1)));
  }

  @Test
  void refusesAStaleOne() throws Exception {
    ImageRefusedException refused = refuse(signed(repository), AT.plusSeconds(601));
    assertEquals("catalogue.stale", refused.code());
    assertEquals("3", refused.facts().get("serial"));
  }

  @Test
  void refusesAnotherHostsAProxysAndAStrangers() throws Exception {
    assertEquals("catalogue.signer.untrusted", refuse(signed(pki.host("other")), AT).code());
    assertEquals(
        "catalogue.signer.untrusted",
        refuse(signed(pki.proxy(repository, ProxyKind.FULL)), AT).code());
    assertEquals(
        "catalogue.signer.untrusted",
        refuse(signed(pki.otherCa().host("images.example.org")), AT).code());
  }

  @Test
  void refusesChangedBytes() throws Exception {
    SignedCatalogue signed = signed(repository);
    byte[] later = CatalogueFormat.write(new Catalogue(4, AT, AT.plusSeconds(600), List.of()));
    assertEquals(
        "catalogue.signature.invalid",
        refuse(new SignedCatalogue(later, signed.signature()), AT).code());
  }

  private static SignedCatalogue signed(Credential signer) throws Exception {
    byte[] bytes = CatalogueFormat.write(CATALOGUE);
    return new SignedCatalogue(bytes, CmsSignatures.sign(bytes, signer));
  }

  private Catalogue verify(SignedCatalogue signed, Instant now) throws Exception {
    return signed.verify(paths, DistinguishedName.ofSubject(repository.leaf()), now);
  }

  private ImageRefusedException refuse(SignedCatalogue signed, Instant now) {
    return assertThrows(ImageRefusedException.class, () -> verify(signed, now));
  }
}
