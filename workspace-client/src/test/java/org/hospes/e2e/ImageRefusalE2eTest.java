package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.hospes.client.cli.TypedCommand;
import org.junit.jupiter.api.Test;

/** Images that must not boot: what the person reads, and what is left. */
@EndToEnd
class ImageRefusalE2eTest {
  private static final int IMAGE_REFUSED = 5;

  private final Site site;
  private final Guests guests;

  ImageRefusalE2eTest(Site site) {
    this.site = site;
    this.guests = new Guests(site);
  }

  @Test
  void anUnsignedImageIsNotPublished() throws Exception {
    Path disk = guests.freshDisk();
    TypedCommand.Outcome published = guests.publishAs(site.bob(), disk);
    assertEquals(IMAGE_REFUSED, published.exit(), published.err());
    assertTrue(published.err().contains("code: image.unsigned"), published.err());
    assertNotPublished(disk);
  }

  @Test
  void aSignatureOverOtherBytesIsNone() throws Exception {
    Path disk = guests.freshDisk();
    guests.signClassic(disk, "sha1", site.bob());
    Guests.flipOneBit(disk);
    TypedCommand.Outcome published = guests.publishAs(site.bob(), disk);
    assertEquals(IMAGE_REFUSED, published.exit(), published.err());
    assertTrue(published.err().contains("code: image.signature.invalid"), published.err());
    assertNotPublished(disk);
  }

  @Test
  void aSignerWhomNoPolicyListsIsRefusedAtPublish() throws Exception {
    Path disk = guests.freshDisk();
    Person carl = site.person("carl");
    guests.signClassic(disk, "sha256", carl);
    TypedCommand.Outcome published = guests.publishAs(carl, disk);
    assertEquals(IMAGE_REFUSED, published.exit(), published.err());
    assertTrue(published.err().contains("code: image.signer.untrusted"), published.err());
    assertTrue(published.err().contains("Carl Unlisted"), published.err());
    assertNotPublished(disk);
  }

  @Test
  void aSignerWhomTheServicesPolicyDropsIsRefusedAtTheDoor() throws Exception {
    Guests.Published image = guests.published();
    Path policy = site.config("workspace-service", "image-policy.yaml");
    Site.replace(policy, "Bob Builder", "Nobody At All");
    try {
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
      assertTrue(said[0].contains("code: image.signer.untrusted"), said[0]);
      assertTrue(said[0].contains("Bob Builder"), said[0]);
    } finally {
      Site.replace(policy, "Nobody At All", "Bob Builder");
    }
    awaitAccepted(image);
  }

  @Test
  void theNodesOwnPolicyDecides() throws Exception {
    Guests.Published image = guests.published();
    Stream<Path> policies = Site.NODES.stream().map(n -> site.config(n, "image-policy.yaml"));
    for (Path policy : policies.toList()) {
      Site.replace(policy, "Bob Builder", "Nobody At All");
    }
    try {
      site.awaitPolicies();
      guests.assertRefused(
          guests.deploy(image.reference()), IMAGE_REFUSED, "image.signer.untrusted");
      guests.assertNotCached(image.digest());
    } finally {
      for (String node : Site.NODES) {
        Site.replace(site.config(node, "image-policy.yaml"), "Nobody At All", "Bob Builder");
      }
    }
    site.awaitPolicies();
  }

  @Test
  void aBitFlippedInTheRepositorysFile() throws Exception {
    Guests.Published image = guests.published();
    Guests.flipOneBit(site.stored(image.digest()));
    TypedCommand.Outcome deployed = guests.deploy(image.reference());
    guests.assertRefused(deployed, IMAGE_REFUSED, "image.digest.mismatch");
    assertTrue(deployed.err().contains("expected: " + image.digest()), deployed.err());
    assertTrue(deployed.err().contains("found: sha256:"), deployed.err());
    guests.assertNotCached(image.digest());
    assertEquals(List.of(), site.domains());
  }

  @Test
  void aBitFlippedOnTheWire() throws Exception {
    Guests.Published image = guests.published();
    try (LyingRepository ignored = LyingRepository.between(site, site.stored(image.digest()))) {
      TypedCommand.Outcome deployed = guests.deploy(image.reference());
      guests.assertRefused(deployed, IMAGE_REFUSED, "image.digest.mismatch");
    }
    guests.assertNotCached(image.digest());
    assertEquals(List.of(), site.domains());
    guests.destroy(guests.running(image.reference()));
  }

  @Test
  void aBitFlippedInTheNodesCacheAfterAGoodBoot() throws Exception {
    Guests.Published image = guests.published();
    JsonNode first = guests.running(image.reference());
    String node = first.path("node").asText();
    guests.destroy(first);
    Path cached = site.cached(node, image.digest());
    Guests.flipOneBit(cached);
    TypedCommand.Outcome deployed = guests.deploy(image.reference());
    guests.assertRefused(deployed, IMAGE_REFUSED, "image.digest.mismatch");
    assertEquals(node, Site.json(deployed.out()).path("node").asText(), "the node that holds it");
    assertTrue(deployed.err().contains("expected: " + image.digest()), deployed.err());
    assertTrue(deployed.err().contains("found: sha256:"), deployed.err());
    guests.assertNotCached(image.digest());
    assertFalse(
        site.audited(node + "-audit.jsonl", "image.corrupt", Site.hex(image.digest())).isEmpty(),
        "the operator is told");
    // What is fetched anew is good again.
    guests.destroy(guests.running(image.reference()));
  }

  @Test
  void aQcow2WithABackingFileIsNotPublished() throws Exception {
    Path disk = guests.freshDisk();
    Path base = disk.resolveSibling(Guests.nameOf(disk) + ".base");
    Files.move(disk, base);
    site.shell()
        .run(
            "qemu-img",
            "create",
            "-q",
            "-f",
            "qcow2",
            "-F",
            "raw",
            "-b",
            base.toString(),
            disk.toString())
        .orFail();
    guests.signClassic(disk, "sha1", site.bob());
    TypedCommand.Outcome published = guests.publishAs(site.bob(), disk);
    assertEquals(IMAGE_REFUSED, published.exit(), published.err());
    assertTrue(published.err().contains("code: image.disk.backing-file"), published.err());
    assertNotPublished(disk);
  }

  @Test
  void anOlderCatalogue() throws Exception {
    Guests.Published first = guests.published();
    Path store = site.directory().resolve("state/repo");
    Path kept = site.directory().resolve("state/repo-of-yesterday");
    site.cluster("stop", "image-repo").orFail();
    site.shell().run("cp", "-a", store.toString(), kept.toString()).orFail();
    site.cluster("start", "image-repo").orFail();
    site.cluster("wait", "image-repo").orFail();
    // The service sees, and remembers, two newer serials; a copy that is restored counts on from
    // its own.
    Guests.Published second = guests.published();
    awaitAccepted(second);
    Guests.Published third = guests.published();
    awaitAccepted(third);
    site.cluster("stop", "image-repo").orFail();
    Path newer = site.directory().resolve("state/repo-of-today");
    Files.move(store, newer);
    Files.move(kept, store);
    site.cluster("start", "image-repo").orFail();
    site.cluster("wait", "image-repo").orFail();
    try {
      TypedCommand.Outcome deployed = site.workspace(site.ada(), "deploy", first.reference());
      assertEquals(IMAGE_REFUSED, deployed.exit(), deployed.err());
      assertTrue(deployed.err().contains("code: image.catalogue.rolled-back"), deployed.err());
      assertTrue(deployed.err().contains("expectedSerialAtLeast"), deployed.err());
      assertTrue(deployed.err().contains("foundSerial"), deployed.err());
      assertEquals(List.of(), site.unfinished());
      assertFalse(site.audited("audit.jsonl", "image.catalogue.rolled-back").isEmpty());
    } finally {
      site.cluster("stop", "image-repo").orFail();
      site.shell().run("rm", "-rf", store.toString()).orFail();
      Files.move(newer, store);
      site.cluster("start", "image-repo").orFail();
      site.cluster("wait", "image-repo").orFail();
    }
    awaitAccepted(third);
  }

  private void awaitAccepted(Guests.Published image) throws Exception {
    Site.await(
        "the image is accepted again",
        Duration.ofSeconds(60),
        () -> site.workspace(site.ada(), "deploy", image.reference(), "--dry-run").exit() == 0);
  }

  private void assertNotPublished(Path disk) {
    TypedCommand.Outcome shown =
        site.workspace(site.bob(), "image", "show", Guests.nameOf(disk) + ":1");
    assertEquals(3, shown.exit(), shown.err());
  }
}
