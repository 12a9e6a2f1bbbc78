package org.hospes.node.journal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What came with an image besides its signature outlives the agent. */
class PapersInTheJournalTest {
  private static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");

  @TempDir Path folder;
  private final UUID id = UUID.randomUUID();

  @Test
  void theyComeBackAsTheyCame() {
    try (FileJournal journal = open()) {
      journal.begin(new JournalEntry.Ordered(NOON, order()));
    }
    try (FileJournal journal = open()) {
      GuestOrder read = journal.find(id).orElseThrow().order();
      assertArrayEquals(
          order().image().endorsements().toArray(), read.image().endorsements().toArray());
      assertEquals(order().image().publication(), read.image().publication());
      assertEquals(order().image().sight(), read.image().sight());
      assertTrue(
          journal.sameButLease(
              order().withImage(order().image().withSight(Optional.empty())), read),
          "a sight is signed more than once");
    }
  }

  @Test
  void whatOthersSayMovesAndWhatWasSignedStays() {
    SignedImage fresh =
        order()
            .image()
            .withEndorsements(List.of(new byte[] {8}))
            .withPublication(Optional.empty())
            .withSight(Optional.of(new Statement(new byte[] {9}, new byte[] {-9})));
    try (FileJournal journal = open()) {
      journal.begin(new JournalEntry.Ordered(NOON, order()));
      journal.append(id, JournalEntry.PapersMoved.to(fresh, NOON));
    }
    try (FileJournal journal = open()) {
      GuestOrder read = journal.find(id).orElseThrow().order();
      assertTrue(read.image().sameWords(fresh));
      assertTrue(read.image().sameSignature(order().image()));
      assertTrue(journal.sameButLease(order(), read), "endorsements and publication may be others");
      SignedImage other =
          new SignedImage(new byte[] {2}, SignatureForm.CMS, new byte[] {2}, List.of());
      assertFalse(journal.sameButLease(order(), order().withImage(other)));
    }
  }

  private FileJournal open() {
    return FileJournal.open(
        folder, JournalWatcher.NONE, Clock.fixed(NOON, ZoneOffset.UTC), page -> {});
  }

  private GuestOrder order() {
    return new GuestOrder(
        id,
        "papers",
        "/CN=Ada",
        Optional.empty(),
        Digest.sha256Of(new byte[] {1}),
        new SignedImage(
                new byte[] {1},
                SignatureForm.CMS,
                new byte[] {2},
                List.of(),
                List.of(new byte[] {4, -4}, new byte[] {5}))
            .withPublication(Optional.of(new Statement(new byte[] {6}, new byte[] {-6})))
            .withSight(Optional.of(new Statement(new byte[] {7}, new byte[] {-7}))),
        List.of(URI.create("https://repo.test/x")),
        1,
        1 << 28,
        1 << 20,
        List.of(),
        Optional.empty(),
        Optional.empty(),
        OnCrash.END,
        NOON.plusSeconds(60));
  }
}
