package org.hospes.repo.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import org.hospes.contract.common.Statement;
import org.hospes.contract.repository.Describe;
import org.hospes.contract.repository.DescribeResponse;
import org.hospes.contract.repository.PublishResponse;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.publication.PublicationStatement;
import org.hospes.image.publication.SignedPapers;
import org.hospes.image.signing.CmsSignatures;
import org.hospes.image.testimages.TestDisks;
import org.hospes.image.testimages.TestSignatures;
import org.hospes.repo.catalogue.PublicationBook;
import org.hospes.repo.catalogue.PublicationSigner;
import org.hospes.repo.publishing.Countersigning;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(300)
class CountersigningIT {
  @TempDir Path directory;
  private RepositorySite site;
  private Path disk;

  @BeforeEach
  void start() throws Exception {
    site = new RepositorySite(directory).start();
    disk = TestDisks.mbr(directory.resolve("disk"), 2 << 20, 1);
  }

  @AfterEach
  void stop() throws Exception {
    site.close();
  }

  @ParameterizedTest
  @EnumSource
  void everyPublicationIsCountersignedByTheRepositorysHost(SignatureForm form) throws Exception {
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", form, site.bob);
    PublishResponse published = site.publish(site.bob, "sl6", "1", image, disk);
    Statement said = said();
    X509Certificate signer = CmsSignatures.verify(said.getBody(), said.getSignature()).get(0);
    assertEquals("CN=localhost,DC=hospes,DC=org", signer.getSubjectX500Principal().getName());
    PublicationStatement statement = PublicationStatement.parse(said.getBody());
    assertEquals("sl6", statement.name());
    assertEquals("1", statement.version());
    assertEquals(form, statement.form());
    assertEquals(SignedPapers.of(image), statement.papers());
    Instant entered = published.getEntry().getPublishedAt();
    assertFalse(statement.at().isBefore(entered.minusSeconds(60)));
    assertFalse(statement.at().isAfter(Instant.now()));
    site.restart();
    assertArrayEquals(said.getBody(), said().getBody(), "it is said once");
  }

  @Test
  void whatIsFromBeforeIsCountersignedAtTheNextStartIfItsSignerIsGoodThen() throws Exception {
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", SignatureForm.CMS, site.bob);
    site.publish(site.bob, "sl6", "1", image, disk);
    Path folder = directory.resolve("store/names/sl6/1");
    Files.delete(folder.resolve("publication.json"));
    assertNull(said());
    Instant restarted = Instant.now().minusMillis(1);
    site.restart();
    Statement said = said();
    while (said == null) {
      Thread.onSpinWait();
      said = said();
    }
    PublicationStatement statement = PublicationStatement.parse(said.getBody());
    assertFalse(statement.at().isBefore(restarted), "it is of now, whenever it was published");
    CmsSignatures.verify(said.getBody(), said.getSignature());
  }

  @Test
  void whoseSignerIsGoodNoMoreStaysWithout() throws Exception {
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", SignatureForm.CMS, site.bob);
    site.publish(site.bob, "sl6", "1", image, disk);
    Path folder = directory.resolve("store/names/sl6/1");
    Files.delete(folder.resolve("publication.json"));
    site.pki.revoke(site.bob);
    site.paths.refresh();
    PublicationBook book =
        new PublicationBook(directory.resolve("store/names"), directory.resolve("incoming"));
    Countersigning countersigning =
        new Countersigning(
            book, new PublicationSigner(() -> site.ann, Clock.systemUTC()), site.paths);
    assertEquals(0, countersigning.addMissing());
    assertFalse(Files.exists(folder.resolve("publication.json")));
  }

  private Statement said() throws Exception {
    Describe describe = new Describe();
    describe.setReference("sl6");
    DescribeResponse described = site.port(site.node).describe(describe);
    return described.getImage().getPublication();
  }
}
