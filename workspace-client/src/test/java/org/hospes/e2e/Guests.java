package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.hospes.client.cli.TypedCommand;

/** Disks signed and published, guests deployed and gone again: the steps that many tests share. */
final class Guests {
  /** A sector between GRUB and the partition that nothing reads. */
  private static final long SPARE_BYTES = 2040L * 512;

  private final Site site;

  Guests(Site site) {
    this.site = site;
  }

  /** An image in the repository. */
  record Published(String name, String digest, Path file) {
    String reference() {
      return name + ":1";
    }
  }

  /** A bootable disk that nobody has seen before. */
  Path freshDisk() throws IOException {
    Path disk =
        site.directory().resolve("image/t" + UUID.randomUUID().toString().substring(0, 8) + ".img");
    Files.copy(site.image(), disk, StandardCopyOption.REPLACE_EXISTING);
    UUID mark = UUID.randomUUID();
    try (FileChannel channel = FileChannel.open(disk, StandardOpenOption.WRITE)) {
      channel.write(
          ByteBuffer.allocate(16)
              .putLong(mark.getMostSignificantBits())
              .putLong(mark.getLeastSignificantBits())
              .flip(),
          SPARE_BYTES);
    }
    return disk;
  }

  static String nameOf(Path disk) {
    return disk.getFileName().toString().replace(".img", "");
  }

  /** Signs as openssl does: the bytes of the disk and nothing else. */
  Path signClassic(Path disk, String hash, Person signer) throws Exception {
    Path signature = disk.resolveSibling(disk.getFileName() + "." + hash);
    site.shell()
        .run(
            "openssl",
            "dgst",
            "-" + hash,
            "-sign",
            signer.key().toString(),
            "-out",
            signature.toString(),
            disk.toString())
        .orFail();
    return signature;
  }

  /**
   * What Bob signed with SHA-1 and published. On Xen one for all tests, since a node there takes
   * the better part of a minute to fetch it, and for a kernel of the site: the GRUB inside a guest
   * reads its disk in pieces of 4 KiB, which takes it longer than all else of a start.
   */
  Published published() throws Exception {
    return Site.XEN ? site.oneImage(() -> publishedFor("tiny", freshDisk())) : freshlyPublished();
  }

  /** Signs, for a kernel that the site may have, and publishes as Bob. */
  Published publishedFor(String kernel, Path disk) throws Exception {
    TypedCommand.Outcome signed =
        site.workspace(
            site.bob(),
            "image",
            "sign",
            disk.toString(),
            "--name",
            nameOf(disk) + ":1",
            "--kernel",
            kernel,
            "--command-line",
            "console=hvc0 quiet loglevel=3 panic=-1 random.trust_cpu=on");
    assertEquals(0, signed.exit(), signed.err());
    return publish(disk);
  }

  /** Publishes what Bob signed with SHA-1, and what no node has. */
  Published freshlyPublished() throws Exception {
    return classic(freshDisk());
  }

  /** Signs with SHA-1, for its own boot loader, and publishes as Bob. */
  Published classic(Path disk) throws Exception {
    signClassic(disk, "sha1", site.bob());
    return publish(disk);
  }

  /** Publishes as Bob. */
  Published publish(Path disk) throws Exception {
    TypedCommand.Outcome done = publishAs(site.bob(), disk);
    assertEquals(0, done.exit(), done.err());
    return new Published(nameOf(disk), Site.json(done.out()).path("digest").asText(), disk);
  }

  TypedCommand.Outcome publishAs(Person who, Path disk) {
    return site.workspace(
        who, "image", "publish", disk.toString(), "--name", nameOf(disk) + ":1", "-o", "json");
  }

  /** What Ada gets who deploys it and waits. */
  TypedCommand.Outcome deploy(String reference, String... more) throws Exception {
    return deployAs(site.ada(), reference, more);
  }

  TypedCommand.Outcome deployAs(Person who, String reference, String... more) {
    List<String> words =
        new ArrayList<>(List.of("deploy", reference, "--memory", "128M", "-o", "json"));
    words.addAll(
        List.of("--wait", "--timeout", Site.patience(Duration.ofSeconds(120)).toSeconds() + "s"));
    words.addAll(List.of(more));
    return site.workspace(who, words.toArray(String[]::new));
  }

  /** A guest that runs. */
  JsonNode running(String reference, String... more) throws Exception {
    TypedCommand.Outcome deployed = deploy(reference, more);
    assertEquals(0, deployed.exit(), deployed.err());
    JsonNode workspace = Site.json(deployed.out());
    assertEquals("RUNNING", workspace.path("state").asText());
    return workspace;
  }

  /** What a guest's web server answers through the first forwarded port. */
  static String page(JsonNode workspace) throws Exception {
    AtomicReference<String> page = new AtomicReference<>();
    Site.await(
        "the guest's page",
        Site.patience(Duration.ofSeconds(90)),
        () -> {
          answer(workspace, "/").ifPresent(page::set);
          return page.get() != null;
        });
    return page.get();
  }

  /** One page of it, asked for once; empty when it does not answer, or not with 200. */
  static Optional<String> answer(JsonNode workspace, String path) throws InterruptedException {
    JsonNode forward = workspace.path("forwards").path(0);
    URI address =
        URI.create(
            "http://"
                + forward.path("hostAddress").asText()
                + ":"
                + forward.path("hostPort").asInt()
                + path);
    HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    HttpRequest request = HttpRequest.newBuilder(address).timeout(Duration.ofSeconds(3)).build();
    try {
      HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      return Optional.of(answer.body()).filter(body -> answer.statusCode() == 200);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Ends it, and finds nothing of it left. */
  void destroy(JsonNode workspace) throws Exception {
    String id = workspace.path("id").asText();
    TypedCommand.Outcome destroyed = site.workspace(site.ada(), "destroy", id, "--wait");
    assertEquals(0, destroyed.exit(), destroyed.err());
    assertNothingLeft(id);
  }

  /** No domain, no journal, no folder, no rule, and no row that will not end. */
  void assertNothingLeft(String id) throws Exception {
    String state = site.show(id).path("state").asText();
    assertTrue(List.of("DESTROYED", "FAILED").contains(state), state);
    for (String node : site.nodes()) {
      assertFalse(site.domains(node).contains(id), "a domain of it at " + node);
      assertEquals(List.of(), site.filesNaming(node, "node", id), "files of it at " + node);
      String rules = site.at(node, "nft", "list", "ruleset").orFail().out();
      assertFalse(rules.contains("hg" + id.substring(0, 8)), "rules of it at " + node);
    }
  }

  private static List<Path> filesNaming(Path directory, String id) throws IOException {
    if (!Files.exists(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(file -> file.getFileName().toString().contains(id)).toList();
    }
  }

  /** No node holds its bytes, whole or in part. */
  void assertNotCached(String digest) throws IOException {
    for (String node : Site.NODES) {
      Path cache = site.nodeState(node).resolve("cache");
      for (String part : List.of("sha256", "partial")) {
        assertEquals(
            List.of(),
            filesNaming(cache.resolve(part), Site.hex(digest)),
            "in the cache of " + node);
      }
    }
  }

  /** Every refusal of a deployment that was accepted: its exit code, its code, and nothing left. */
  void assertRefused(TypedCommand.Outcome deployed, int exit, String code) throws Exception {
    assertEquals(exit, deployed.exit(), deployed.out() + deployed.err());
    assertTrue(deployed.err().contains("code: " + code), deployed.err());
    String id = Site.json(deployed.out()).path("id").asText();
    assertNothingLeft(id);
    assertEquals("FAILED", site.show(id).path("state").asText());
    assertEquals(code, site.show(id).path("refusal").path("code").asText());
  }

  /** What a workspace has on its node below this path of its folder. */
  List<String> files(JsonNode workspace, String below) throws Exception {
    String path = "*/" + workspace.path("id").asText() + below;
    return site.at(
            workspace.path("node").asText(), "find", "/var/lib/hospes", "-path", path, "-type", "f")
        .orFail()
        .out()
        .lines()
        .toList();
  }

  /** Turns one bit over in a file that a workspace has on its node. */
  void flipOneBit(JsonNode workspace, String below) throws Exception {
    List<String> found = files(workspace, below);
    assertEquals(1, found.size(), below + ": " + found);
    String flip =
        """
        at=$(($(stat -c %s "$0") / 2 + 4097))
        byte=$(od -An -tu1 -j $at -N 1 "$0")
        printf "\\\\$(printf %o $((byte ^ 4)))" | dd of="$0" bs=1 seek=$at conv=notrunc status=none
        """;
    site.at(workspace.path("node").asText(), "sh", "-c", flip, found.get(0)).orFail();
  }

  /** Turns one bit over, somewhere in the middle. */
  static void flipOneBit(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long at = channel.size() / 2 + 4097;
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.read(one, at);
      one.put(0, (byte) (one.get(0) ^ 4));
      one.rewind();
      channel.write(one, at);
    }
  }
}
