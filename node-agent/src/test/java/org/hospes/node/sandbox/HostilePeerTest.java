package org.hospes.node.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.hospes.node.hypervisor.InMemoryHypervisor;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HandOver;
import org.hospes.node.journal.HandedFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files of a guest over mutual TLS from a node that tells the truth, and from others. Whatever
 * another node does, nothing of it runs here, and the guest goes on where it was.
 */
class HostilePeerTest extends LeftOnTheWire {
  @Test
  void fromAnHonestNodeItGoesOnOnThisNodesOwnImage() throws Exception {
    assertEquals(GuestPhase.SUSPENDED, receive(papers, honest, hostName()));
    GuestRecord here = record(target);
    assertEquals(record(source).attachment(), here.attachment());
    String header =
        Files.readString(
            folder(target).resolve("disk.qcow2"), java.nio.charset.StandardCharsets.ISO_8859_1);
    assertTrue(header.contains(here.base().orElseThrow().file().toString()));
    assertTrue(!header.contains(root.resolve("source").toString()), "it names the other's image");
    GuestView unused = source.guests.remove(id, "it is elsewhere");
    assertEquals(GuestPhase.ABSENT, settled(source));
    unused = target.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(target));
    assertEquals(1, target.hypervisor.usedMemories().size());
    assertEquals(List.of(), source.machine.list());
  }

  @Test
  void aHostThatItIsNotLeftToGetsNothing() throws Exception {
    reachAs(site.pki().host("eve.example.org"));
    assertEquals("handover.fetch", refused(papers, honest, hostName()).code());
  }

  @Test
  void whoeverElseAnswersIsNotListenedTo() throws Exception {
    Failure failure = refused(papers, honest, targetName);
    assertEquals("handover.fetch", failure.code());
    assertEquals(Failure.Category.SITE, failure.category());
  }

  @Test
  void afterItWasTakenBackNothingIsSent() throws Exception {
    GuestView unused = source.handOvers.takeBack(id, "another wish");
    assertTrue(record(source).handedOver().isPresent());
    unused = source.handOvers.takeBack(id, "wish");
    assertEquals("handover.fetch", refused(papers, honest, hostName()).code());
  }

  @ParameterizedTest
  @ValueSource(strings = {"overlay", "scratch", "memory", "seed"})
  void wrongBytesAreRefused(String name) throws Exception {
    Lies lies = new Lies();
    byte[] altered =
        Files.readAllBytes(folder(source).resolve(papers.file(name).orElseThrow().place()));
    altered[altered.length - 1] ^= 1;
    lies.bodies.put(name, altered);
    Failure failure = refused(papers, liar(lies), hostName());
    assertEquals("handover.altered", failure.code());
    assertEquals(Failure.Category.IMAGE_REFUSED, failure.category());
    assertEquals(name, failure.facts().get("file"));
    assertEquals("sha256:" + sha256(altered), failure.facts().get("found"));
  }

  @Test
  void aFileThatIsTooShortIsNotTaken() throws Exception {
    Lies lies = new Lies();
    lies.bodies.put("overlay", Arrays.copyOf(overlay(), 1000));
    Failure failure = refused(papers, liar(lies), hostName());
    assertEquals("handover.fetch", failure.code());
    assertTrue(failure.message().contains("1000"), failure.message());
  }

  @Test
  void ofAFileWithoutAnEndNoMoreIsTakenThanWasTold() throws Exception {
    Lies lies = new Lies();
    lies.bodies.put("overlay", new byte[10]);
    lies.endless.add("overlay");
    Failure failure = refused(papers, liar(lies), hostName());
    assertEquals("handover.altered", failure.code());
    byte[] asLong = new byte[(int) papers.file("overlay").orElseThrow().bytes()];
    assertEquals("sha256:" + sha256(asLong), failure.facts().get("found"));
  }

  private byte[] overlay() throws IOException {
    return Files.readAllBytes(folder(source).resolve("disk.qcow2"));
  }

  private byte[] made(String... arguments) throws Exception {
    Path file = root.resolve("made-" + UUID.randomUUID());
    List<String> command =
        Stream.concat(
                Stream.of("/usr/bin/qemu-img", "create", "-q", "-u", "-f", "qcow2"),
                Stream.concat(Arrays.stream(arguments), Stream.of(file.toString(), "1M")))
            .toList();
    assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor());
    return Files.readAllBytes(file);
  }

  private Failure refusedOverlay(byte[] overlay) throws Exception {
    Lies lies = new Lies();
    lies.bodies.put("overlay", overlay);
    return refused(with("overlay", overlay), liar(lies), hostName());
  }

  @Test
  void anOverlayOfAnotherFileIsRefusedThoughItsDigestIsTrue() throws Exception {
    Failure failure = refusedOverlay(made("-F", "raw", "-b", "/etc/shadow"));
    assertEquals("disk.backing", failure.code());
    assertEquals(Failure.Category.IMAGE_REFUSED, failure.category());
    assertTrue(failure.facts().get("found").contains("/etc/shadow"));
  }

  @Test
  void anOverlayWhoseBaseWouldBeGuessedAtIsRefused() throws Exception {
    String image = record(source).base().orElseThrow().file().toString();
    assertEquals("disk.backing", refusedOverlay(made("-F", "qcow2", "-b", image)).code());
  }

  @Test
  void anOverlayWithItsDataElsewhereIsRefused() throws Exception {
    String elsewhere = root.resolve("elsewhere").toString();
    byte[] overlay = made("-o", "data_file=" + elsewhere);
    assertEquals("disk.backing", refusedOverlay(overlay).code());
  }

  @Test
  void whatIsNoOverlayAtAllIsRefused() throws Exception {
    assertEquals("disk.backing", refusedOverlay(new byte[70_000]).code());
  }

  @Test
  void theMemoryOfAnotherGuestIsRefused() throws Exception {
    Lies lies = new Lies();
    byte[] memory = ("memory of " + UUID.randomUUID()).getBytes(UTF_8);
    lies.bodies.put("memory", memory);
    assertEquals("memory.foreign", refused(with("memory", memory), liar(lies), hostName()).code());
  }

  @Test
  void memoryThatNoSuchGuestLeftIsRefused() throws Exception {
    Lies lies = new Lies();
    byte[] memory = ("memory of " + id + ", save 1, " + InMemoryHypervisor.HOSTILE).getBytes(UTF_8);
    lies.bodies.put("memory", memory);
    Failure failure = refused(with("memory", memory), liar(lies), hostName());
    assertEquals("memory.foreign", failure.code());
    assertEquals(InMemoryHypervisor.HOSTILE, failure.facts().get("found"));
  }

  @Test
  void filesThatCannotBeOfThisOrderAreRefusedBeforeAnythingIsFetched() throws Exception {
    HandedFile scratch = new HandedFile("scratch", 1L << 30, "0".repeat(64));
    HandOver told =
        new HandOver(
            "wish",
            papers.to(),
            true,
            papers.platform(),
            papers.machine(),
            papers.network(),
            papers.files().stream().map(f -> f.name().equals("scratch") ? scratch : f).toList(),
            List.of());
    GuestFailedException refused =
        assertThrows(GuestFailedException.class, () -> receive(told, honest, hostName()));
    assertEquals("node.capacity", refused.failure().code());
    assertEquals(GuestPhase.ABSENT, settled(target));
    assertEquals(List.of(), target.remains(id));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "disk.qcow2",
        "../overlay",
        "overlay/../../../etc/passwd",
        "/etc/passwd",
        "snapshot/../overlay",
        "snapshot/./overlay",
        "snapshot//overlay",
        "snapshot/a/b/overlay",
        "snapshot/a/../../memory",
        "overlay\n",
        "overlay\0",
        "Overlay"
      })
  void aNameThatLeadsElsewhereIsNone(String name) {
    assertThrows(
        IllegalArgumentException.class, () -> new HandedFile(name, 1, "0".repeat(64)), name);
  }
}
