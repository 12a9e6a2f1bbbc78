package org.hospes.repo.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hospes.repo.app.RepositorySite.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.repository.Catalogue;
import org.hospes.contract.repository.Describe;
import org.hospes.contract.repository.DescribeResponse;
import org.hospes.contract.repository.Endorse;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.signing.CmsSignatures;
import org.hospes.image.testimages.TestDisks;
import org.hospes.image.testimages.TestSignatures;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.ProxyKind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EndorsingIT {
  @TempDir Path directory;
  private RepositorySite site;
  private Credential carl;
  private Path disk;
  private SignedImage image;

  @BeforeEach
  void start() throws Exception {
    site = new RepositorySite(directory);
    carl = site.pki.user("Carl");
    site.write(
        """
        forms: [cms]
        endorsements:
          - names: ["prod-*"]
            of: [/DC=org/DC=hospes/CN=Ann Builder, /DC=org/DC=hospes/CN=Carl]
            at-least: 2
        """);
    site.start();
    disk = TestDisks.mbr(directory.resolve("disk"), 2 << 20, 1);
    image = TestSignatures.sign(disk, "prod-web", "1", SignatureForm.CMS, site.bob);
  }

  @AfterEach
  void stop() throws Exception {
    site.close();
  }

  @Test
  void endorsementsStandBesideWhatWasPublishedAndOutliveARestart() throws Exception {
    site.publish(site.bob, "prod-web", "1", image, disk);
    long serial = serial();
    byte[] first = CmsSignatures.sign(image.manifest(), site.ann);
    assertEquals("prod-web", endorse(site.ann, first));
    assertNotEquals(serial, serial(), "whoever keeps papers by the catalogue asks anew");
    byte[] again = CmsSignatures.sign(image.manifest(), site.ann);
    endorse(site.ann, again);
    assertEquals(1, described().getImage().getEndorsement().size(), "one for each person");
    // Whoever may endorse may bring another's.
    endorse(site.ann, CmsSignatures.sign(image.manifest(), carl));
    site.restart();
    DescribeResponse described = described();
    assertEquals(2, described.getImage().getEndorsement().size());
    assertTrue(
        described.getImage().getEndorsement().stream().anyMatch(one -> Arrays.equals(one, again)));
    assertArrayEquals(image.manifest(), described.getImage().getManifest());
    assertArrayEquals(image.signature(), described.getImage().getSignature());
    assertTrue(site.audit().contains("\"endorser\":\"/DC=org/DC=hospes/CN=Carl\""), site.audit());
  }

  @Test
  void theyMayComeWithThePapers() throws Exception {
    SignedImage endorsed =
        image.withEndorsements(List.of(CmsSignatures.sign(image.manifest(), carl)));
    site.publish(site.bob, "prod-web", "1", endorsed, disk);
    assertEquals(1, described().getImage().getEndorsement().size());
    // Published again with another's, it has both.
    SignedImage more =
        image.withEndorsements(List.of(CmsSignatures.sign(image.manifest(), site.ann)));
    site.publish(site.bob, "prod-web", "1", more, disk);
    assertEquals(2, described().getImage().getEndorsement().size());
  }

  @Test
  void whatWouldNotCountIsRefused() throws Exception {
    site.publish(site.bob, "prod-web", "1", image, disk);
    byte[] good = CmsSignatures.sign(image.manifest(), site.ann);
    var stranger = refused(() -> endorse(site.bob, good));
    assertEquals("access.endorse", stranger.code());
    assertEquals(FaultCategory.NOT_ALLOWED, stranger.category());
    assertEquals(
        "access.endorse",
        refused(() -> endorse(site.ann, CmsSignatures.sign(image.manifest(), site.bob))).code());
    assertEquals(
        "image.endorsement.invalid",
        refused(() -> endorse(site.ann, CmsSignatures.sign(new byte[] {1}, site.ann))).code());
    assertEquals(
        "access.proxy",
        refused(() -> endorse(site.pki.proxy(site.ann, ProxyKind.LIMITED), good)).code());
    Endorse unknown = request(good);
    unknown.setVersion("2");
    assertEquals(
        FaultCategory.NOT_FOUND, refused(() -> site.port(site.ann).endorse(unknown)).category());
    SignedImage badly = image.withEndorsements(List.of(new byte[] {1}));
    assertEquals(
        "image.endorsement.invalid",
        refused(() -> site.publish(site.bob, "prod-web", "1", badly, disk)).code());
    assertEquals(0, described().getImage().getEndorsement().size());
  }

  private long serial() throws Exception {
    String json = new String(site.port(site.node).catalogue(new Catalogue()).getCatalogue(), UTF_8);
    return Long.parseLong(json.replaceAll("(?s).*\"serial\"\\s*:\\s*(\\d+).*", "$1"));
  }

  private DescribeResponse described() throws Exception {
    Describe describe = new Describe();
    describe.setReference("prod-web");
    return site.port(site.node).describe(describe);
  }

  private String endorse(Credential who, byte[] endorsement) throws Exception {
    return site.port(who).endorse(request(endorsement)).getEntry().getName();
  }

  private static Endorse request(byte[] endorsement) {
    Endorse request = new Endorse();
    request.setName("prod-web");
    request.setVersion("1");
    request.setEndorsement(endorsement);
    return request;
  }
}
