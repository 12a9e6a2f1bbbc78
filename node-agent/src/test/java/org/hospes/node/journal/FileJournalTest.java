package org.hospes.node.journal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.zip.CRC32;
import org.hospes.image.Digest;
import org.hospes.image.DiskFormat;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.node.network.Attachment;
import org.hospes.node.network.Forward;
import org.hospes.node.network.ForwardRequest;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileJournalTest {
  private static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");

  @TempDir Path folder;

  private final UUID id = UUID.randomUUID();
  private final List<SetAside> found = new ArrayList<>();

  private GuestOrder made;

  private GuestOrder order() {
    if (made == null) {
      made = makeOrder();
    }
    return made;
  }

  private GuestOrder makeOrder() {
    return new GuestOrder(
        id,
        "hällo",
        "/DC=org/DC=hospes/CN=Ada",
        Optional.of("demo"),
        Digest.sha256Of(new byte[] {1}),
        new SignedImage(
            new byte[] {1, 2},
            SignatureForm.CLASSIC_SHA1,
            new byte[] {3},
            TestPki.create(folder.resolve("pki")).user("Bob").chain()),
        List.of(URI.create("https://repo.test/images/x")),
        2,
        1 << 28,
        1 << 20,
        List.of(
            new ForwardRequest(OptionalInt.of(30001), 22),
            new ForwardRequest(OptionalInt.empty(), 80)),
        Optional.of("ssh-rsa AAAA"),
        Optional.of(new byte[] {0, -1, 10}),
        OnCrash.RESTART,
        NOON.plusSeconds(3600));
  }

  private GuestOrder orderOf(UUID other) {
    GuestOrder one = order();
    return new GuestOrder(
        other,
        one.name(),
        one.owner(),
        one.virtualOrganisation(),
        one.imageDigest(),
        one.image(),
        one.sources(),
        one.cpus(),
        one.memoryBytes(),
        one.scratchBytes(),
        one.forwards(),
        one.sshKey(),
        one.userData(),
        one.onCrash(),
        one.leaseEnds());
  }

  private FileJournal open() {
    found.clear();
    return FileJournal.open(
        folder.resolve("journal"),
        JournalWatcher.NONE,
        Clock.fixed(NOON, ZoneOffset.UTC),
        found::add);
  }

  private Path file() {
    return folder.resolve("journal").resolve(id + ".journal");
  }

  /** A journal with a line of every kind. */
  private GuestRecord full(FileJournal journal) {
    journal.begin(new JournalEntry.Ordered(NOON, order()));
    HeldBase base =
        new HeldBase(
            Path.of("/images/x"),
            64513,
            17,
            DiskFormat.RAW,
            512,
            512,
            "/CN=Bob",
            List.of("/CN=Ann", "/CN=Carl"),
            Optional.of("signers: /CN=Bob"),
            "ab",
            Optional.of("linux"),
            Optional.empty());
    Attachment attachment =
        new Attachment(
            id,
            "hospes0",
            Attachment.interfaceNameOf(id),
            "52:54:00:00:00:02",
            "192.168.150.2",
            "192.168.150.1",
            List.of(new Forward("198.51.100.11", 30001, 22)));
    journal.append(
        id,
        new JournalEntry.Done(
            NOON,
            HookName.IMAGE,
            Optional.of(base),
            Optional.of(new Staging(NOON, 512, 3)),
            Optional.empty()));
    journal.append(
        id,
        new JournalEntry.Done(
            NOON, HookName.NETWORK, Optional.empty(), Optional.empty(), Optional.of(attachment)));
    journal.append(id, JournalEntry.Done.of(NOON, HookName.DISK));
    journal.append(id, new JournalEntry.Undone(NOON, HookName.DISK));
    journal.append(id, new JournalEntry.LeaseMoved(NOON, NOON.plusSeconds(7200)));
    journal.append(id, JournalEntry.Done.of(NOON, HookName.RESUMED));
    journal.append(id, new JournalEntry.Paused(NOON));
    journal.append(id, new JournalEntry.Resumed(NOON));
    journal.append(id, new JournalEntry.Stood(NOON));
    journal.append(id, new JournalEntry.Undone(NOON, HookName.RESUMED));
    journal.append(
        id,
        new JournalEntry.Wanted(NOON, Goal.STOPPED, "enough", Optional.of(NOON.plusSeconds(60))));
    journal.append(
        id,
        new JournalEntry.Wanted(
            NOON,
            Goal.RUNNING,
            "again",
            Optional.empty(),
            Optional.of(new AskedBy(Digest.sha256Of(new byte[] {7}), Optional.of("/CN=Olga")))));
    journal.append(
        id, new JournalEntry.Sealed(NOON, List.of(new SealedDisk("disk.qcow2", 7, "ab"))));
    SnapshotsTest.everyLine(NOON).forEach(line -> journal.append(id, line));
    journal.append(
        id, new JournalEntry.StartsAgain(NOON, "the guest crashed", Optional.of("last\nlines")));
    journal.append(id, new JournalEntry.Ended(NOON, "stopped"));
    return journal.append(
        id,
        new JournalEntry.Failed(
            NOON,
            new Failure(
                Failure.Category.SITE,
                "x.y",
                "it \"broke\"\n",
                Optional.of("mend it"),
                Map.of("expected", "1"))));
  }

  @Test
  void everyLineComesBackAsItWasWritten() {
    GuestRecord written;
    try (FileJournal journal = open()) {
      written = full(journal);
    }
    try (FileJournal journal = open()) {
      GuestRecord read = journal.find(id).orElseThrow();
      assertTrue(journal.sameButLease(order(), read.order()));
      assertEquals(NOON.plusSeconds(7200), read.order().leaseEnds());
      assertEquals(written.done(), read.done());
      assertEquals(Set.of(HookName.IMAGE, HookName.NETWORK), read.done());
      assertEquals(written.base(), read.base());
      assertEquals(written.attachment(), read.attachment());
      assertEquals(written.failure(), read.failure());
      assertEquals(written.ended(), read.ended());
      assertEquals(written.moments(), read.moments());
      assertEquals(written.snapshots(), read.snapshots());
      assertEquals(read.snapshots().kept().get(0).disks(), read.seal().orElseThrow());
      assertEquals(Goal.STOPPED, read.goal());
    }
  }

  @Test
  void ordersAreForRootAlone() throws Exception {
    try (FileJournal journal = open()) {
      full(journal);
      assertEquals(
          "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file())));
      assertEquals(
          "rwx------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(file().getParent())));
    }
  }

  @Test
  void aLastLineThatACrashCutOffAnywhereIsDropped() throws Exception {
    try (FileJournal journal = open()) {
      full(journal);
    }
    byte[] whole = Files.readAllBytes(file());
    int last =
        new String(whole, 0, whole.length - 1, StandardCharsets.ISO_8859_1).lastIndexOf('\n');
    for (int cut = last + 2; cut < whole.length; cut++) {
      Files.write(file(), Arrays.copyOf(whole, cut));
      try (FileJournal journal = open()) {
        GuestRecord read = journal.find(id).orElseThrow();
        assertTrue(read.failure().isEmpty());
        assertTrue(read.ended().isPresent());
        journal.append(id, JournalEntry.Done.of(NOON, HookName.SEED));
      }
      try (FileJournal journal = open()) {
        assertTrue(journal.find(id).orElseThrow().has(HookName.SEED));
      }
    }
  }

  private byte[] damaged(int line) throws Exception {
    byte[] whole = Files.readAllBytes(file());
    int at = -1;
    for (int i = 1; i < line; i++) {
      at = new String(whole, StandardCharsets.ISO_8859_1).indexOf('\n', at + 1);
    }
    whole[at + 20] ^= 1;
    return whole;
  }

  @Test
  void aDamagedPageIsSetAsideWithItsTimeAndTheOthersGoOn() throws Exception {
    UUID sound = UUID.randomUUID();
    GuestRecord other;
    try (FileJournal journal = open()) {
      full(journal);
      other = journal.begin(new JournalEntry.Ordered(NOON, orderOf(sound)));
    }
    byte[] damaged = damaged(2);
    Files.write(file(), damaged);
    Path beside = file().resolveSibling(id + ".journal.damaged-20261120T120000.000Z");
    try (FileJournal journal = open()) {
      assertEquals(List.of(other.id()), journal.all().stream().map(GuestRecord::id).toList());
      assertTrue(journal.find(id).isEmpty());
      assertEquals(List.of(new SetAside(id, beside, "line 2: the checksum does not fit")), found);
      assertEquals(found, List.copyOf(journal.setAside()));
      assertFalse(Files.exists(file()));
      assertArrayEquals(damaged, Files.readAllBytes(beside));
      assertThrows(
          IllegalStateException.class,
          () -> journal.begin(new JournalEntry.Ordered(NOON, order())));
    }
    try (FileJournal journal = open()) {
      assertEquals(List.of(), found, "told once");
      assertEquals(beside, journal.setAside(id).orElseThrow().page(), "known until it is cleared");
    }
    Files.delete(beside);
    try (FileJournal journal = open()) {
      assertEquals(Optional.empty(), journal.setAside(id));
      assertEquals(1, journal.all().size());
    }
  }

  @Test
  void whatAPageMayBeDamagedBy() throws Exception {
    try (FileJournal journal = open()) {
      full(journal);
    }
    byte[] whole = Files.readAllBytes(file());
    String text = new String(whole, StandardCharsets.UTF_8);
    String firstLost = text.substring(text.indexOf('\n') + 1);
    Map<String, byte[]> pages =
        Map.of(
            "line 1: it is empty",
            new byte[0],
            "line 1: the checksum does not fit",
            new byte[whole.length],
            "line 3: the checksum does not fit",
            damaged(3),
            "line 1: expected the order",
            firstLost.getBytes(StandardCharsets.UTF_8));
    for (Map.Entry<String, byte[]> page : pages.entrySet()) {
      Files.write(file(), page.getValue());
      try (FileJournal journal = open()) {
        assertTrue(journal.all().isEmpty(), page.getKey());
        assertEquals(1, found.size(), page.getKey());
        assertTrue(found.get(0).problem().startsWith(page.getKey()), found.toString());
      }
      Files.delete(found.get(0).page());
    }
    Files.createDirectory(file());
    try (FileJournal journal = open()) {
      assertTrue(found.get(0).problem().startsWith("it cannot be read"), found.toString());
    }
  }

  @Test
  void aPageThatWasMendedCountsAgain() throws Exception {
    try (FileJournal journal = open()) {
      full(journal);
    }
    byte[] whole = Files.readAllBytes(file());
    Files.write(file(), damaged(2));
    open().close();
    Files.write(file(), whole);
    try (FileJournal journal = open()) {
      assertTrue(journal.find(id).isPresent());
      assertEquals(List.of(), List.copyOf(journal.setAside()));
    }
  }

  @Test
  void aWholeLineOfAnotherVersionStopsTheStartAndTouchesNothing() throws Exception {
    UUID damaged = UUID.randomUUID();
    try (FileJournal journal = open()) {
      full(journal);
    }
    String content = "{\"at\":\"2026-11-20T12:00:00Z\",\"write\":\"migrated\"}";
    CRC32 crc = new CRC32();
    crc.update(content.getBytes(StandardCharsets.UTF_8));
    Files.writeString(
        file(), String.format("%08x %s%n", crc.getValue(), content), StandardOpenOption.APPEND);
    Path other = file().resolveSibling(damaged + ".journal");
    Files.write(other, new byte[100]);
    JournalDamagedException refused = assertThrows(JournalDamagedException.class, this::open);
    assertTrue(refused.getMessage().contains("migrated"), refused.getMessage());
    assertTrue(Files.exists(file()));
    assertTrue(Files.exists(other));
    assertEquals(List.of(), found);
  }

  @Test
  void anOrderHalfWrittenNeverWas() throws Exception {
    Files.createDirectories(file().getParent());
    Files.writeString(file().resolveSibling(id + ".new"), "1234", StandardOpenOption.CREATE_NEW);
    try (FileJournal journal = open()) {
      assertTrue(journal.all().isEmpty());
    }
    assertFalse(Files.exists(file().resolveSibling(id + ".new")));
  }

  @Test
  void whatIsForgottenIsGoneAndMayBeginAgain() {
    try (FileJournal journal = open()) {
      full(journal);
      assertThrows(
          IllegalStateException.class,
          () -> journal.begin(new JournalEntry.Ordered(NOON, order())));
      journal.forget(id);
      journal.forget(id);
      assertTrue(journal.find(id).isEmpty());
      assertThrows(
          IllegalStateException.class,
          () -> journal.append(id, JournalEntry.Done.of(NOON, HookName.SEED)));
      journal.begin(new JournalEntry.Ordered(NOON, order()));
    }
  }

  @Test
  void ordersDifferInAllButTheirLease() {
    try (FileJournal journal = open()) {
      GuestOrder one = order();
      assertTrue(journal.sameButLease(one, one.withLeaseEnds(NOON)));
      GuestOrder other =
          new GuestOrder(
              one.id(),
              one.name(),
              one.owner(),
              one.virtualOrganisation(),
              one.imageDigest(),
              one.image(),
              one.sources(),
              3,
              one.memoryBytes(),
              one.scratchBytes(),
              one.forwards(),
              one.sshKey(),
              one.userData(),
              one.onCrash(),
              one.leaseEnds());
      assertFalse(journal.sameButLease(one, other));
    }
  }
}
