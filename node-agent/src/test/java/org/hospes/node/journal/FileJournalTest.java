package org.hospes.node.journal;

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
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
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
        NOON.plusSeconds(3600));
  }

  private FileJournal open() {
    return FileJournal.open(folder.resolve("journal"), JournalWatcher.NONE);
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
    journal.append(id, new JournalEntry.Wanted(NOON, Goal.STOPPED, "enough"));
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

  @Test
  void damageElsewhereIsRefusedWithFileAndLine() throws Exception {
    try (FileJournal journal = open()) {
      full(journal);
    }
    byte[] whole = Files.readAllBytes(file());
    int second = new String(whole, StandardCharsets.ISO_8859_1).indexOf('\n') + 20;
    whole[second] ^= 1;
    Files.write(file(), whole);
    JournalDamagedException refused = assertThrows(JournalDamagedException.class, this::open);
    assertTrue(refused.getMessage().contains(file() + ":2:"), refused.getMessage());
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
              one.leaseEnds());
      assertFalse(journal.sameButLease(one, other));
    }
  }
}
