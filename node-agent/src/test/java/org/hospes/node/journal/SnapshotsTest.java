package org.hospes.node.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hospes.node.journal.SnapshotTask.Kind;
import org.junit.jupiter.api.Test;

class SnapshotsTest {
  private static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");
  private static final SnapshotTask TAKE = new SnapshotTask("1", Kind.TAKE, "a");
  private static final SnapshotTask BACK = new SnapshotTask("2", Kind.ROLL_BACK, "a");

  private static final SnapshotTask FLATTEN = new SnapshotTask("3", Kind.FLATTEN, "one");

  /** A line of every kind that tells of snapshots; one is kept in the end. */
  static List<JournalEntry.OfSnapshot> everyLine(Instant at) {
    Snapshot snapshot = new Snapshot("a", at, 7, List.of(new SealedDisk("disk.qcow2", 7, "cd")));
    return List.of(
        new JournalEntry.SnapshotAsked(at, TAKE),
        new JournalEntry.SnapshotTaken(at, snapshot),
        new JournalEntry.SnapshotDeleted(at, "a"),
        new JournalEntry.SnapshotAsked(at, TAKE),
        new JournalEntry.SnapshotTaken(at, snapshot),
        new JournalEntry.SnapshotAsked(at, BACK),
        new JournalEntry.SnapshotCopiedBack(at, "a"),
        new JournalEntry.SnapshotRestored(at, "a"),
        new JournalEntry.SnapshotAsked(at, FLATTEN),
        new JournalEntry.Flattened(at, snapshot),
        new JournalEntry.SnapshotAsked(at, BACK),
        new JournalEntry.SnapshotFailed(
            at, Failure.of(Failure.Category.NO_CAPACITY, "disk.no-space", "full")));
  }

  @Test
  void eachLineLeadsToTheNext() {
    List<Snapshots> seen = new ArrayList<>(List.of(Snapshots.NONE));
    for (JournalEntry.OfSnapshot line : everyLine(NOON)) {
      seen.add(seen.get(seen.size() - 1).plus(line));
    }
    assertEquals(Optional.of(TAKE), seen.get(1).pending());
    assertEquals(Optional.empty(), seen.get(2).pending());
    assertEquals(7, seen.get(2).bytes());
    assertTrue(seen.get(2).knows(TAKE));
    assertEquals(List.of(), seen.get(3).kept());
    assertTrue(seen.get(7).copiedBack());
    assertFalse(seen.get(8).copiedBack());
    assertTrue(seen.get(8).knows(BACK));
    assertFalse(seen.get(8).knows(TAKE), "one wish at a time");
    assertTrue(seen.get(10).flat().isPresent());
    assertEquals(14, seen.get(10).bytes());
    Snapshots end = seen.get(12);
    assertEquals(Optional.empty(), end.flat(), "until the next task");
    assertEquals("disk.no-space", end.last().orElseThrow().failure().orElseThrow().code());
    assertTrue(end.find("a").isPresent());
  }
}
