package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.hospes.client.cli.TypedCommand;
import org.junit.jupiter.api.Test;

/** Images that need more than their builder's word, and who may not run them. */
@EndToEnd
class EndorsementE2eTest {
  private static final int NOT_ALLOWED = 6;
  private static final int IMAGE_REFUSED = 5;
  private static final String CARL = "/DC=org/DC=hospes/CN=Carl Unlisted";
  private static final String DORA = "/DC=org/DC=hospes/CN=Dora Stranger";

  private final Site site;
  private final Guests guests;

  EndorsementE2eTest(Site site) {
    this.site = site;
    this.guests = new Guests(site);
  }

  @Test
  void oneIsTooFewAndTwoAreEnough() throws Exception {
    Path disk = guests.freshDisk();
    String name = Guests.nameOf(disk);
    signed(disk, name);
    Guests.Published image = guests.publish(disk);
    try (PolicyFiles policies = new PolicyFiles(site)) {
      // Whoever endorses an image has to be able to look at it.
      policies.addPublisher(DORA);
      policies.append(
          """
          endorsements:
            - {names: ["%s"], of: ["%s", "%s", "%s"], at-least: 2}
          """
              .formatted(name, CARL, DORA, Site.ADA));
      site.awaitPolicies();
      String[] said = new String[1];
      Site.await(
          "the service takes up its policy",
          Duration.ofSeconds(60),
          () -> {
            TypedCommand.Outcome tried =
                site.workspace(site.ada(), "deploy", image.reference(), "--dry-run");
            said[0] = tried.err();
            return tried.exit() == IMAGE_REFUSED;
          });
      assertTrue(said[0].contains("code: image.endorsements.missing"), said[0]);
      assertTrue(said[0].contains("found: none"), said[0]);

      TypedCommand.Outcome bobs = endorse(site.bob(), image);
      assertEquals(NOT_ALLOWED, bobs.exit(), bobs.err());
      assertTrue(bobs.err().contains("code: access.endorse"), bobs.err());
      Site.await(
          "the repository takes up its policy",
          Duration.ofSeconds(60),
          () -> endorse(site.person("carl"), image).exit() == 0);
      assertEndorsed(site.person("carl"), image);
      TypedCommand.Outcome one = site.workspace(site.ada(), "deploy", image.reference());
      assertEquals(IMAGE_REFUSED, one.exit(), one.out() + one.err());
      assertTrue(one.err().contains("code: image.endorsements.missing"), one.err());
      assertTrue(one.err().contains(image.name()), one.err());
      assertTrue(one.err().contains("found: " + CARL), one.err());

      assertEndorsed(site.person("dora"), image);
      JsonNode running = guests.running(image.reference());
      String node = running.path("node").asText();
      List<String> accepted = site.auditedAt(node, "image.accepted", Site.hex(image.digest()));
      assertFalse(accepted.isEmpty(), "the node names its rules");
      assertTrue(accepted.toString().contains("by 2 of 3"), accepted.toString());
      guests.destroy(running);
    }
  }

  @Test
  void whoSignedItDoesNotRunIt() throws Exception {
    Path disk = guests.freshDisk();
    signed(disk, Guests.nameOf(disk));
    Guests.Published image = guests.publish(disk);
    Path policy = site.config("workspace-service", "image-policy.yaml");
    Path mapfile = site.config("workspace-service", "grid-mapfile");
    String people = Files.readString(mapfile);
    Site.write(mapfile, people + "\"" + Site.BOB + "\" .demo\n");
    Site.replace(policy, "vos: [demo]", "vos: [demo]\n    not-for-own-runs: true");
    try {
      String[] said = new String[1];
      Site.await(
          "Bob is refused what he signed",
          Duration.ofSeconds(60),
          () -> {
            said[0] = site.workspace(site.bob(), "deploy", image.reference(), "--dry-run").err();
            return said[0].contains("code: image.run.own");
          });
      assertTrue(said[0].contains("found: " + Site.BOB), said[0]);
      assertEquals(0, site.workspace(site.ada(), "deploy", image.reference(), "--dry-run").exit());
    } finally {
      Site.replace(policy, "\n    not-for-own-runs: true", "");
      Site.write(mapfile, people);
    }
  }

  private void signed(Path disk, String name) {
    TypedCommand.Outcome signed =
        site.workspace(site.bob(), "image", "sign", disk.toString(), "--name", name + ":1");
    assertEquals(0, signed.exit(), signed.err());
  }

  private TypedCommand.Outcome endorse(Person who, Guests.Published image) {
    return site.workspace(who, "image", "endorse", image.reference());
  }

  private void assertEndorsed(Person who, Guests.Published image) {
    TypedCommand.Outcome endorsed = endorse(who, image);
    assertEquals(0, endorsed.exit(), endorsed.err());
    assertTrue(endorsed.out().contains(image.digest()), endorsed.out());
  }
}
