package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.hospes.client.cli.TypedCommand;
import org.junit.jupiter.api.Test;

/** What becomes of an image, and of what runs from it, when its signer's certificate is revoked. */
@EndToEnd
class RevokedSignerE2eTest {
  private static final int IMAGE_REFUSED = 5;
  private static final Duration PROMISED = Duration.ofSeconds(5);

  private final Site site;
  private final Guests guests;

  RevokedSignerE2eTest(Site site) {
    this.site = site;
    this.guests = new Guests(site);
  }

  @Test
  void theImageIsSetApartWithinFiveSecondsAndWhatRunsFromItIsListed() throws Exception {
    try (PolicyFiles policies = new PolicyFiles(site)) {
      Guests.Published image = publishedBy(policies, "vera", "Vera Builder");
      JsonNode guest = guests.running(image.reference());
      String id = guest.path("id").asText();
      String node = guest.path("node").asText();
      assertEquals(List.of(), refused());

      Instant arrived = revoke("vera");
      Site.await(
          "the node has set the image apart",
          Duration.ofSeconds(60),
          () -> !quarantined(node, image).isEmpty());
      JsonNode told = Site.json(quarantined(node, image).get(0));
      Duration took = Duration.between(arrived, Instant.parse(told.path("at").asText()));
      assertTrue(took.compareTo(PROMISED) <= 0, "took " + took);
      assertTrue(told.path("usedBy").asText().contains(id), told.toString());

      Site.await(
          "the workspace is listed", Duration.ofSeconds(60), () -> refused().equals(List.of(id)));
      JsonNode shown = site.show(id);
      assertEquals("RUNNING", shown.path("state").asText());
      assertTrue(
          shown.path("imageRefusal").path("facts").toString().contains("Vera Builder")
              || shown.path("imageRefusal").path("message").asText().contains("Vera Builder"),
          shown.toString());
      TypedCommand.Outcome again = guests.deploy(image.reference());
      assertEquals(IMAGE_REFUSED, again.exit(), again.err());
      assertTrue(again.err().contains("revoked"), again.err());
      guests.destroy(guest);
    }
  }

  @Test
  void aSiteMayEndWhatRunsFromIt() throws Exception {
    try (PolicyFiles policies = new PolicyFiles(site)) {
      Guests.Published image = publishedBy(policies, "vita", "Vita Builder");
      policies.append("on-revocation: end\n");
      String id = guests.running(image.reference()).path("id").asText();
      site.awaitPolicies();

      revoke("vita");
      Site.await(
          "the guest has ended",
          Duration.ofSeconds(60),
          () -> "FAILED".equals(site.show(id).path("state").asText()));
      assertEquals("image.revoked", site.show(id).path("refusal").path("code").asText());
      guests.assertNothingLeft(id);
    }
  }

  /** A builder of this test's own: whoever is revoked stays so. */
  private Guests.Published publishedBy(PolicyFiles policies, String id, String name)
      throws Exception {
    site.demoCa(site.grid(), "person", id, name);
    policies.addBuilder("/DC=org/DC=hospes/CN=" + name);
    Person builder = site.person(id);
    Path disk = guests.freshDisk();
    guests.signClassic(disk, "sha256", builder);
    Files.copy(builder.certificate(), disk.resolveSibling(disk.getFileName() + ".pem"));
    TypedCommand.Outcome[] done = new TypedCommand.Outcome[1];
    Site.await(
        "the repository takes what " + name + " signs",
        Duration.ofSeconds(60),
        () -> {
          done[0] = guests.publishAs(builder, disk);
          return done[0].exit() == 0;
        });
    Guests.Published image =
        new Guests.Published(
            Guests.nameOf(disk), Site.json(done[0].out()).path("digest").asText(), disk);
    Site.await(
        "the service takes what " + name + " signs",
        Duration.ofSeconds(60),
        () -> site.workspace(site.ada(), "deploy", image.reference(), "--dry-run").exit() == 0);
    return image;
  }

  /** When the CRL that says so was there. */
  private Instant revoke(String id) throws Exception {
    site.demoCa(site.grid(), "revoke", "people/" + id);
    try (var files = Files.list(site.grid().resolve("certificates"))) {
      Path crl = files.filter(file -> file.toString().endsWith(".r0")).findFirst().orElseThrow();
      return Files.getLastModifiedTime(crl).toInstant();
    }
  }

  private List<String> quarantined(String node, Guests.Published image) throws Exception {
    return site.auditedAt(node, "image.quarantined", Site.hex(image.digest()));
  }

  /** What is listed of Ada's as running from an image that is refused now. */
  private List<String> refused() throws Exception {
    TypedCommand.Outcome listed =
        site.workspace(site.ada(), "list", "--image-refused", "-o", "json");
    assertEquals(0, listed.exit(), listed.err());
    return Site.json(listed.out()).findValuesAsText("id");
  }
}
