package org.hospes.node.journal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hospes.node.network.FormerNetwork;
import org.hospes.node.network.Forward;

/** Lines of the journal that tell of guests that go to another node or come from one. */
final class HandOverJson {
  private HandOverJson() {}

  static void write(ObjectNode line, JournalEntry entry) {
    if (entry instanceof JournalEntry.HandedOver given) {
      write(line.putObject("papers"), given.papers());
    } else if (entry instanceof JournalEntry.TakenBack back) {
      line.put("wish", back.wish());
    } else if (entry instanceof JournalEntry.Arrived here) {
      SnapshotJson.disks(line.putArray("disks"), here.disks());
      ArrayNode snapshots = line.putArray("snapshots");
      here.snapshots().forEach(s -> SnapshotJson.write(snapshots.addObject(), s));
    }
  }

  /**
   * Reads a line.
   *
   * @param what the name of its write
   */
  static JournalEntry read(String what, JsonNode line, Instant at) throws IOException {
    return switch (what) {
      case "handed-over" -> new JournalEntry.HandedOver(at, papers(line.required("papers")));
      case "taken-back" -> new JournalEntry.TakenBack(at, line.required("wish").asText());
      case "arrived" -> {
        List<Snapshot> snapshots = new ArrayList<>();
        line.required("snapshots").forEach(node -> snapshots.add(SnapshotJson.snapshot(node)));
        yield new JournalEntry.Arrived(at, SnapshotJson.disks(line.required("disks")), snapshots);
      }
      default -> throw new IOException("unknown kind of line: " + what);
    };
  }

  static void write(ObjectNode node, Arrival arrival) {
    node.put("wish", arrival.wish())
        .put("source", arrival.source().toString())
        .put("sourceName", arrival.sourceName());
    write(node.putObject("papers"), arrival.papers());
  }

  static Arrival arrival(JsonNode node) {
    return new Arrival(
        node.required("wish").asText(),
        URI.create(node.required("source").asText()),
        node.required("sourceName").asText(),
        papers(node.required("papers")));
  }

  private static void write(ObjectNode node, HandOver papers) {
    node.put("wish", papers.wish())
        .put("to", papers.to())
        .put("suspended", papers.suspended())
        .put("platform", papers.platform());
    papers.machine().ifPresent(machine -> node.put("machine", machine));
    node.put("address", papers.network().address())
        .put("mac", papers.network().mac())
        .put("gateway", papers.network().gateway());
    ArrayNode forwards = node.putArray("forwards");
    papers.network().forwards().forEach(f -> JournalJson.write(forwards.addObject(), f));
    ArrayNode files = node.putArray("files");
    for (HandedFile file : papers.files()) {
      files
          .addObject()
          .put("name", file.name())
          .put("bytes", file.bytes())
          .put("sha256", file.sha256());
    }
    ArrayNode snapshots = node.putArray("snapshots");
    for (HandOver.HandedSnapshot snapshot : papers.snapshots()) {
      snapshots
          .addObject()
          .put("name", snapshot.name())
          .put("takenAt", snapshot.takenAt().toString())
          .put("bytes", snapshot.bytes());
    }
  }

  private static HandOver papers(JsonNode node) {
    List<Forward> forwards = new ArrayList<>();
    node.required("forwards").forEach(one -> forwards.add(JournalJson.forward(one)));
    List<HandedFile> files = new ArrayList<>();
    for (JsonNode file : node.required("files")) {
      files.add(
          new HandedFile(
              file.required("name").asText(),
              file.required("bytes").asLong(),
              file.required("sha256").asText()));
    }
    List<HandOver.HandedSnapshot> snapshots = new ArrayList<>();
    for (JsonNode snapshot : node.required("snapshots")) {
      snapshots.add(
          new HandOver.HandedSnapshot(
              snapshot.required("name").asText(),
              Instant.parse(snapshot.required("takenAt").asText()),
              snapshot.required("bytes").asLong()));
    }
    return new HandOver(
        node.required("wish").asText(),
        node.required("to").asText(),
        node.required("suspended").asBoolean(),
        node.required("platform").asText(),
        Optional.ofNullable(node.get("machine")).map(JsonNode::asText),
        new FormerNetwork(
            node.required("address").asText(),
            node.required("mac").asText(),
            node.required("gateway").asText(),
            forwards),
        files,
        snapshots);
  }
}
