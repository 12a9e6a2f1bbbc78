package org.hospes.node.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.node.network.FormerNetwork;
import org.hospes.node.network.Forward;
import org.hospes.node.network.ForwardRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the journal says of guests that change their node. */
class HandOverLinesTest {
  private static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");
  private static final String DIGEST = "0123456789abcdef".repeat(4);
  private static final String HOST = "/DC=org/CN=node2.test";

  @TempDir Path folder;

  private final UUID id = UUID.randomUUID();

  private FileJournal open() {
    return FileJournal.open(
        folder, JournalWatcher.NONE, Clock.fixed(NOON, ZoneOffset.UTC), page -> {});
  }

  private GuestOrder order() {
    return new GuestOrder(
        id,
        "moves",
        "/CN=Ada",
        Optional.empty(),
        Digest.sha256Of(new byte[] {1}),
        new SignedImage(new byte[] {1}, SignatureForm.CLASSIC_SHA256, new byte[] {2}, List.of()),
        List.of(URI.create("https://repo.test/x")),
        1,
        1 << 28,
        1 << 20,
        List.of(new ForwardRequest(OptionalInt.empty(), 80)),
        Optional.empty(),
        Optional.empty(),
        OnCrash.END,
        NOON.plusSeconds(60));
  }

  private static HandedFile file(String name) {
    return new HandedFile(name, 7, DIGEST);
  }

  private static HandOver papers(boolean suspended, List<HandedFile> files, String... snapshots) {
    return new HandOver(
        "wish-1",
        HOST,
        suspended,
        "qemu",
        suspended ? Optional.of("qemu 7.2.22 tcg x86_64") : Optional.empty(),
        new FormerNetwork(
            "192.168.150.7",
            "52:54:c0:a8:96:07",
            "192.168.150.1",
            List.of(new Forward("198.51.100.11", 30_001, 80))),
        files,
        List.of(snapshots).stream()
            .map(name -> new HandOver.HandedSnapshot(name, NOON, 9))
            .toList());
  }

  private static HandOver withMemoryAndSnapshot() {
    return papers(
        true,
        List.of(
            file("overlay"),
            file("memory"),
            file("seed"),
            file("snapshot/s.1/overlay"),
            file("snapshot/s.1/scratch")),
        "s.1");
  }

  private void assertSameAfterwards(GuestRecord written) {
    try (FileJournal journal = open()) {
      GuestRecord read = journal.find(id).orElseThrow();
      assertEquals(written.arrival(), read.arrival());
      assertEquals(written.awaited(), read.awaited());
      assertEquals(written.handedOver(), read.handedOver());
      assertEquals(written.goal(), read.goal());
      assertEquals(written.seal(), read.seal());
      assertEquals(written.snapshots(), read.snapshots());
      assertEquals(written.done(), read.done());
      assertEquals(written.ran(), read.ran());
      assertEquals(written.moments(), read.moments());
    }
  }

  @Test
  void oneThatComes() {
    Arrival arrival =
        new Arrival(
            "wish-2",
            URI.create("https://node1.test:9445/node"),
            "/CN=node1.test",
            withMemoryAndSnapshot());
    GuestRecord written;
    try (FileJournal journal = open()) {
      written = journal.begin(new JournalEntry.Ordered(NOON, order(), Optional.of(arrival)));
    }
    assertTrue(written.awaited());
    assertEquals(Goal.SUSPENDED, written.goal());
    assertEquals(Optional.of(arrival), written.arrival());
    assertSameAfterwards(written);
    List<SealedDisk> disks =
        List.of(
            new SealedDisk("disk.qcow2", 7, DIGEST), new SealedDisk(SealedDisk.MEMORY, 7, DIGEST));
    Snapshot snapshot =
        new Snapshot("s.1", NOON, 9, List.of(new SealedDisk("disk.qcow2", 7, DIGEST)));
    try (FileJournal journal = open()) {
      written = journal.append(id, new JournalEntry.Arrived(NOON, disks, List.of(snapshot)));
    }
    assertFalse(written.awaited());
    assertTrue(written.ran() && written.remembers());
    assertEquals(EnumSet.of(HookName.DISK, HookName.SEED), written.done());
    assertEquals(List.of(snapshot), written.snapshots().kept());
    assertEquals("received (35 bytes)", written.moments().get(1).what());
    assertSameAfterwards(written);
  }

  @Test
  void oneThatIsLeftAndTakenBack() {
    HandOver papers = papers(false, List.of(file("overlay"), file("scratch"), file("seed")));
    GuestRecord written;
    try (FileJournal journal = open()) {
      GuestRecord first = journal.begin(new JournalEntry.Ordered(NOON, order()));
      assertEquals(Optional.empty(), first.handedOver());
      written = journal.append(id, new JournalEntry.HandedOver(NOON, papers));
    }
    assertEquals(Optional.of(papers), written.handedOver());
    assertSameAfterwards(written);
    try (FileJournal journal = open()) {
      written = journal.append(id, new JournalEntry.TakenBack(NOON, "wish-1"));
    }
    assertEquals(Optional.empty(), written.handedOver());
    assertSameAfterwards(written);
  }

  @Test
  void papersThatMakeNoSenseAreNone() {
    HandedFile overlay = file("overlay");
    HandedFile seed = file("seed");
    for (List<HandedFile> files :
        List.of(
            List.of(seed),
            List.of(overlay),
            List.of(overlay, seed, overlay),
            List.of(overlay, seed, file("memory")),
            List.of(overlay, seed, file("snapshot/x/overlay")),
            List.of(overlay, seed, file("snapshot/s/scratch")))) {
      assertThrows(IllegalArgumentException.class, () -> papers(false, files), files.toString());
    }
    assertThrows(
        IllegalArgumentException.class, () -> papers(true, List.of(overlay, seed)), "no memory");
    assertThrows(
        IllegalArgumentException.class,
        () -> papers(false, List.of(overlay, seed, file("snapshot/s/scratch")), "s"));
    List<HandedFile> twice = List.of(overlay, seed, file("snapshot/s/overlay"));
    assertThrows(IllegalArgumentException.class, () -> papers(false, twice, "s", "s"));
    assertEquals(3, papers(false, twice, "s").files().size());
    List<HandedFile> all =
        List.of(overlay, seed, file("snapshot/s/overlay"), file("snapshot/s/seed"));
    assertEquals(4, papers(false, all, "s").files().size());
  }
}
