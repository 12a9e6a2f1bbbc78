package org.hospes.repo.app;

import static org.hospes.repo.app.RepositorySite.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.repository.CatalogueResponse;
import org.hospes.contract.repository.Describe;
import org.hospes.contract.repository.Entry;
import org.hospes.contract.repository.ListImages;
import org.hospes.contract.repository.ListImagesResponse;
import org.hospes.contract.repository.RepositoryPort;
import org.hospes.contract.repository.Retire;
import org.hospes.image.SignatureForm;
import org.hospes.image.catalogue.Catalogue;
import org.hospes.image.catalogue.SignedCatalogue;
import org.hospes.image.testimages.TestDisks;
import org.hospes.image.testimages.TestSignatures;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.refusal.RefusalException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogueIT {
  @TempDir Path directory;
  private RepositorySite site;
  private Path disk;

  @BeforeEach
  void start() throws Exception {
    site = new RepositorySite(directory).start();
    disk = TestDisks.mbr(directory.resolve("disk"), 1 << 20, 1);
  }

  @AfterEach
  void stop() throws Exception {
    site.close();
  }

  @Test
  void theSerialGrowsWithEveryChangeAndOverARestart() throws Exception {
    Catalogue empty = catalogue();
    assertEquals(List.of(), empty.entries());
    assertArrayEquals(raw().getCatalogue(), raw().getCatalogue());
    publish("sl6", "1");
    Catalogue one = catalogue();
    assertEquals("sl6:1", one.entries().get(0).label());
    assertTrue(one.serial() > empty.serial());
    site.restart();
    Catalogue after = catalogue();
    assertTrue(after.serial() > one.serial());
    assertEquals(one.entries(), after.entries());
  }

  @Test
  void aFileWithAMistakeIsToldBesideTheList() throws Exception {
    assertEquals(List.of(), raw().getWarning());
    site.write("forms: [cms, no-such-form]");
    List<String> told = List.of();
    long end = System.nanoTime() + RepositorySite.PATIENCE.toNanos();
    while (told.isEmpty() && System.nanoTime() < end) {
      told = raw().getWarning();
    }
    assertEquals(1, told.size());
    assertTrue(
        told.get(0).startsWith("the image policy changed and cannot be used"), told::toString);
    assertTrue(!told.get(0).contains("no-such-form"), "that is for those who may read the log");
  }

  @Test
  void aRetiredImageIsMarkedAndNoLongerTheNewest() throws Exception {
    publish("sl6", "1");
    publish("sl6", "2");
    RefusalException refused = refused(() -> retire(site.ann, "2"));
    assertEquals("access.retire", refused.code());
    assertEquals(FaultCategory.NOT_ALLOWED, refused.category());
    Entry retired = retire(site.pki.user("Olga Operator"), "2");
    assertTrue(retired.getRetiredAt() != null);
    assertEquals(retired.getRetiredAt(), retire(site.bob, "2").getRetiredAt());
    assertTrue(catalogue().entries().get(1).retired());
    Describe describe = new Describe();
    describe.setReference("sl6");
    assertEquals("1", site.port(site.node).describe(describe).getEntry().getVersion());
    describe.setReference("sl6:2");
    assertEquals("2", site.port(site.node).describe(describe).getEntry().getVersion());
    describe.setReference("sl7");
    assertEquals(
        FaultCategory.NOT_FOUND, refused(() -> site.port(site.node).describe(describe)).category());
    site.restart();
    assertTrue(catalogue().entries().get(1).retired());
  }

  @Test
  void listsInPages() throws Exception {
    for (int i = 1; i <= 5; i++) {
      publish("sl6", "" + i);
    }
    retire(site.bob, "4");
    RepositoryPort port = site.port(site.node);
    ListImages request = new ListImages();
    request.setPageSize(2);
    ListImagesResponse first = port.listImages(request);
    assertEquals(List.of("1", "2"), versions(first));
    request.setPageToken(first.getNextPageToken());
    ListImagesResponse second = port.listImages(request);
    assertEquals(List.of("3", "5"), versions(second));
    assertEquals(null, second.getNextPageToken());
    request.setPageToken(null);
    request.setRetired(true);
    request.setPageSize(0);
    assertEquals(5, port.listImages(request).getEntry().size());
    request.setName("other");
    assertEquals(0, port.listImages(request).getEntry().size());
    request.setPageToken("x");
    assertEquals(FaultCategory.INVALID, refused(() -> port.listImages(request)).category());
    assertEquals(
        "access.read",
        refused(() -> site.port(site.pki.user("Eve")).listImages(new ListImages())).code());
  }

  private static List<String> versions(ListImagesResponse response) {
    return response.getEntry().stream().map(Entry::getVersion).toList();
  }

  private Entry retire(Credential who, String version) throws Exception {
    Retire request = new Retire();
    request.setName("sl6");
    request.setVersion(version);
    request.setWhy("it has\nholes");
    return site.port(who).retire(request).getEntry();
  }

  private void publish(String name, String version) throws Exception {
    site.publish(
        site.bob,
        name,
        version,
        TestSignatures.sign(disk, name, version, SignatureForm.CMS, site.bob),
        disk);
  }

  private CatalogueResponse raw() throws Exception {
    return site.port(site.node).catalogue(new org.hospes.contract.repository.Catalogue());
  }

  private Catalogue catalogue() throws Exception {
    CatalogueResponse response = raw();
    return new SignedCatalogue(response.getCatalogue(), response.getSignature())
        .verify(site.paths, new DistinguishedName("/DC=org/DC=hospes/CN=localhost"), Instant.now());
  }
}
