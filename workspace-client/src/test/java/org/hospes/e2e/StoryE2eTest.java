package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hospes.client.cli.TypedCommand;
import org.junit.jupiter.api.Test;

/** From signing to a page that answers, once for each form of signature. */
@EndToEnd
class StoryE2eTest {
  private final Site site;
  private final Guests guests;

  StoryE2eTest(Site site) {
    this.site = site;
    this.guests = new Guests(site);
  }

  @Test
  void classicSha1ByProcessesFromTheArchive() throws Exception {
    Path disk = guests.freshDisk();
    Path signature = guests.signClassic(disk, "sha1", site.bob());
    Shell.Result published =
        site.process(
            site.bob(),
            "image",
            "publish",
            disk.toString(),
            "--name",
            Guests.nameOf(disk) + ":1",
            "--signature",
            signature.toString(),
            "--certificate",
            site.bob().certificate().toString(),
            "-o",
            "json");
    assertEquals(0, published.exit(), published.err());
    String digest = Site.json(published.out()).path("digest").asText();
    Shell.Result deployed =
        site.process(
            site.ada(),
            "deploy",
            Guests.nameOf(disk) + "@" + digest,
            "--memory",
            "128M",
            "--forward",
            "80",
            "--wait",
            "-o",
            "json");
    assertEquals(0, deployed.exit(), deployed.err());
    booted(Site.json(deployed.out()), "CLASSIC_SHA1", digest);
  }

  /** Asked for by the client that the documentation shows, which is not ours and not Java. */
  @Test
  void classicSha256ByAClientOfAnotherMaker() throws Exception {
    Path disk = guests.freshDisk();
    guests.signClassic(disk, "sha256", site.bob());
    Guests.Published image = guests.publish(disk);
    Map<String, String> ada = new HashMap<>(site.ada().environment());
    ada.put("HOSPES_SERVICE", site.service());
    Shell.Result asked =
        site.shell()
            .run(
                ada,
                "/usr/bin/python3",
                "docs/examples/hospes_client.py",
                "deploy",
                image.reference(),
                "--forward",
                "80");
    assertEquals(0, asked.exit(), asked.err());
    String id = Site.json(asked.out()).path("id").asText();
    Site.await(
        "it runs",
        Duration.ofSeconds(120),
        () -> site.show(id).path("state").asText().equals("RUNNING"));
    booted(site.show(id), "CLASSIC_SHA256", image.digest());
  }

  @Test
  void cmsOverTheManifest() throws Exception {
    Path disk = guests.freshDisk();
    TypedCommand.Outcome signed =
        site.workspace(
            site.bob(), "image", "sign", disk.toString(), "--name", Guests.nameOf(disk) + ":1");
    assertEquals(0, signed.exit(), signed.err());
    // The check that a person without Hospes makes.
    site.shell()
        .run(
            "openssl",
            "cms",
            "-verify",
            "-binary",
            "-purpose",
            "any",
            "-crl_check_all",
            "-inform",
            "PEM",
            "-in",
            disk + ".cms",
            "-content",
            disk + ".manifest",
            "-CApath",
            site.grid().resolve("certificates").toString(),
            "-out",
            "/dev/null")
        .orFail();
    Guests.Published image = guests.publish(disk);
    TypedCommand.Outcome verified =
        site.workspace(site.ada(), "image", "verify", image.reference());
    assertEquals(0, verified.exit(), verified.err());
    booted(guests.running(image.reference(), "--forward", "80"), "CMS", image.digest());
  }

  /**
   * The page answers; the verified base is untouched by what the guest does; then nothing is left.
   */
  private void booted(JsonNode workspace, String form, String digest) throws Exception {
    String id = workspace.path("id").asText();
    String node = workspace.path("node").asText();
    Map<String, Object> before = attributes(site.cached(node, digest));
    assertEquals(form, workspace.path("image").path("form").asText());
    assertEquals(digest, workspace.path("image").path("digest").asText());
    assertEquals(Site.BOB, workspace.path("image").path("signer").asText());
    assertEquals(Site.ADA, workspace.path("owner").asText());
    assertEquals(List.of(id), site.domains(node));
    List<String> moments = workspace.path("timeline").findValuesAsText("state");
    assertTrue(
        moments.containsAll(
            List.of("REQUESTED", "PLACED", "FETCHED", "VERIFIED", "STAGED", "RUNNING")),
        moments.toString());
    assertTrue(Guests.page(workspace).contains("ip=" + workspace.path("address").asText()));
    Site.await(
        "its console",
        Duration.ofSeconds(60),
        () -> site.workspace(site.ada(), "console", id).out().contains("HOSPES-GUEST ready"));
    assertEquals(before, attributes(site.cached(node, digest)));
    guests.destroy(workspace);
    assertEquals(
        before, attributes(site.cached(node, digest)), "the cached image, after the guest");
  }

  private static Map<String, Object> attributes(Path file) throws Exception {
    return Files.readAttributes(file, "unix:uid,gid,mode,ino,nlink", LinkOption.NOFOLLOW_LINKS);
  }
}
