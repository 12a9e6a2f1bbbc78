package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.hospes.client.cli.TypedCommand;
import org.junit.jupiter.api.Test;

/** An image whose signer's certificate has ended since it was published. */
@EndToEnd
class ExpiredSignerE2eTest {
  private static final int IMAGE_REFUSED = 5;
  private static final String BREVIS = "/DC=org/DC=hospes/CN=Brevis Builder";

  private final Site site;
  private final Guests guests;

  ExpiredSignerE2eTest(Site site) {
    this.site = site;
    this.guests = new Guests(site);
  }

  @Test
  void itRunsWhereItWasSeenInTimeUnlessTheSiteForbidsIt() throws Exception {
    Duration life = Site.patience(Duration.ofSeconds(60));
    site.demoCa(site.grid(), "brief", "brevis", "Brevis Builder", life.toSeconds() + "");
    Person brevis = site.person("brevis");
    Instant end = brevis.credential().leaf().getNotAfter().toInstant();
    try (PolicyFiles policies = new PolicyFiles(site)) {
      policies.addBuilder(BREVIS);
      Path disk = guests.freshDisk();
      guests.signClassic(disk, "sha256", brevis);
      Files.copy(brevis.certificate(), disk.resolveSibling(disk.getFileName() + ".pem"));
      Site.await(
          "the repository takes what Brevis signs",
          Duration.ofSeconds(60),
          () -> guests.publishAs(brevis, disk).exit() == 0);
      String image = Guests.nameOf(disk) + ":1";
      Site.await(
          "the service takes what Brevis signs",
          Duration.ofSeconds(60),
          () -> site.workspace(site.ada(), "deploy", image, "--dry-run").exit() == 0);

      Site.await(
          "the certificate has ended",
          life.plusSeconds(30),
          () -> Instant.now().isAfter(end.plusSeconds(1)));
      guests.destroy(guests.running(image));

      policies.append("expired-signers: refuse\n");
      String[] said = new String[1];
      Site.await(
          "the service refuses what Brevis signed",
          Duration.ofSeconds(60),
          () -> {
            TypedCommand.Outcome tried = site.workspace(site.ada(), "deploy", image, "--dry-run");
            said[0] = tried.err();
            return tried.exit() == IMAGE_REFUSED;
          });
      assertTrue(said[0].contains("code: image.signer.expired.forbidden"), said[0]);
      assertTrue(said[0].contains(BREVIS), said[0]);
    }
    assertEquals(List.of(), site.domains());
  }
}
