package org.hospes.node.journal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Lines of the journal that tell of snapshots, and the digests of disks. */
final class SnapshotJson {
  private SnapshotJson() {}

  static void write(ObjectNode line, JournalEntry.OfSnapshot entry) {
    if (entry instanceof JournalEntry.SnapshotAsked asked) {
      line.putObject("task")
          .put("wish", asked.task().wish())
          .put("kind", asked.task().kind().name())
          .put("name", asked.task().name());
    } else if (entry instanceof JournalEntry.SnapshotTaken taken) {
      write(line, taken.snapshot());
    } else if (entry instanceof JournalEntry.Flattened flattened) {
      write(line, flattened.flat());
    } else if (entry instanceof JournalEntry.SnapshotCopiedBack back) {
      line.put("name", back.name());
    } else if (entry instanceof JournalEntry.SnapshotRestored restored) {
      line.put("name", restored.name());
    } else if (entry instanceof JournalEntry.SnapshotDeleted deleted) {
      line.put("name", deleted.name());
    }
  }

  static void write(ObjectNode line, Snapshot snapshot) {
    ObjectNode node = line.putObject("snapshot");
    node.put("name", snapshot.name())
        .put("takenAt", snapshot.takenAt().toString())
        .put("bytes", snapshot.bytes());
    disks(node.putArray("disks"), snapshot.disks());
  }

  /**
   * Reads a line.
   *
   * @param what the name of its write
   */
  static JournalEntry read(String what, JsonNode line, Instant at) throws IOException {
    return switch (what) {
      case "snapshot.asked" -> new JournalEntry.SnapshotAsked(at, task(line.required("task")));
      case "snapshot.taken" -> new JournalEntry.SnapshotTaken(at, snapshot(line));
      case "snapshot.flattened" -> new JournalEntry.Flattened(at, snapshot(line));
      case "snapshot.copied-back" -> new JournalEntry.SnapshotCopiedBack(at, name(line));
      case "snapshot.restored" -> new JournalEntry.SnapshotRestored(at, name(line));
      case "snapshot.deleted" -> new JournalEntry.SnapshotDeleted(at, name(line));
      case "snapshot.failed" ->
          new JournalEntry.SnapshotFailed(at, JournalJson.failure(line.required("failure")));
      default -> throw new IOException("unknown kind of line: " + what);
    };
  }

  static void disks(ArrayNode array, List<SealedDisk> disks) {
    for (SealedDisk disk : disks) {
      array
          .addObject()
          .put("name", disk.name())
          .put("bytes", disk.bytes())
          .put("sha256", disk.sha256());
    }
  }

  static List<SealedDisk> disks(JsonNode array) {
    List<SealedDisk> disks = new ArrayList<>();
    for (JsonNode disk : array) {
      disks.add(
          new SealedDisk(
              disk.required("name").asText(),
              disk.required("bytes").asLong(),
              disk.required("sha256").asText()));
    }
    return disks;
  }

  private static SnapshotTask task(JsonNode node) {
    return new SnapshotTask(
        node.required("wish").asText(),
        SnapshotTask.Kind.valueOf(node.required("kind").asText()),
        node.required("name").asText());
  }

  static Snapshot snapshot(JsonNode line) {
    JsonNode node = line.required("snapshot");
    return new Snapshot(
        node.required("name").asText(),
        Instant.parse(node.required("takenAt").asText()),
        node.required("bytes").asLong(),
        disks(node.required("disks")));
  }

  private static String name(JsonNode line) {
    return line.required("name").asText();
  }
}
