package org.hospes.service.persistence;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.service.workspace.FlatDisk;
import org.hospes.service.workspace.Forward;
import org.hospes.service.workspace.Goal;
import org.hospes.service.workspace.Migration;
import org.hospes.service.workspace.Migrations;
import org.hospes.service.workspace.Moment;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Snapshot;
import org.hospes.service.workspace.SnapshotWish;
import org.hospes.service.workspace.Snapshots;

/**
 * The lists of a workspace as JSON, written field by field so that a renamed record breaks no row.
 */
final class RowJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private RowJson() {}

  static String forwards(List<Forward> forwards) {
    ArrayNode array = JSON.createArrayNode();
    for (Forward forward : forwards) {
      ObjectNode node = array.addObject();
      forward.hostAddress().ifPresent(a -> node.put("hostAddress", a));
      forward.hostPort().ifPresent(p -> node.put("hostPort", p));
      node.put("guestPort", forward.guestPort());
    }
    return array.toString();
  }

  static List<Forward> forwards(String json) {
    List<Forward> forwards = new ArrayList<>();
    for (JsonNode node : read(json)) {
      forwards.add(
          new Forward(
              text(node, "hostAddress"),
              Optional.ofNullable(node.get("hostPort")).map(JsonNode::intValue),
              node.get("guestPort").intValue()));
    }
    return forwards;
  }

  static String moments(List<Moment> moments) {
    ArrayNode array = JSON.createArrayNode();
    for (Moment moment : moments) {
      ObjectNode node = array.addObject();
      node.put("what", moment.what());
      node.put("at", moment.at().toString());
      moment.note().ifPresent(n -> node.put("note", n));
    }
    return array.toString();
  }

  static List<Moment> moments(String json) {
    List<Moment> moments = new ArrayList<>();
    for (JsonNode node : read(json)) {
      moments.add(
          new Moment(
              node.get("what").textValue(),
              Instant.parse(node.get("at").textValue()),
              text(node, "note")));
    }
    return moments;
  }

  static String snapshots(Snapshots snapshots) {
    ObjectNode node = JSON.createObjectNode();
    ArrayNode kept = node.putArray("kept");
    for (Snapshot snapshot : snapshots.kept()) {
      kept.addObject()
          .put("name", snapshot.name())
          .put("takenAt", snapshot.takenAt().toString())
          .put("bytes", snapshot.bytes())
          .put("current", snapshot.current())
          .put("memory", snapshot.memory());
    }
    snapshots
        .flat()
        .ifPresent(
            f ->
                node.putObject("flat")
                    .put("madeAt", f.madeAt().toString())
                    .put("bytes", f.bytes())
                    .put("digest", f.digest().toString()));
    snapshots
        .wish()
        .ifPresent(w -> node.putObject("wish").put("token", w.token()).put("name", w.name()));
    snapshots.setback().ifPresent(r -> node.set("setback", write(r)));
    return node.toString();
  }

  static Snapshots snapshots(String json) {
    JsonNode node = read(json);
    List<Snapshot> kept = new ArrayList<>();
    for (JsonNode snapshot : node.path("kept")) {
      kept.add(
          new Snapshot(
              snapshot.get("name").textValue(),
              Instant.parse(snapshot.get("takenAt").textValue()),
              snapshot.get("bytes").longValue(),
              snapshot.get("current").booleanValue(),
              // Rows of before snapshots had memory.
              snapshot.path("memory").asBoolean(false)));
    }
    return new Snapshots(
        kept,
        Optional.ofNullable(node.get("flat"))
            .map(
                f ->
                    new FlatDisk(
                        Instant.parse(f.get("madeAt").textValue()),
                        f.get("bytes").longValue(),
                        Digest.parse(f.get("digest").textValue()))),
        Optional.ofNullable(node.get("wish"))
            .map(w -> new SnapshotWish(w.get("token").textValue(), w.get("name").textValue())),
        Optional.ofNullable(node.get("setback")).map(RowJson::refusal));
  }

  static String migrations(Migrations migrations) {
    ObjectNode node = JSON.createObjectNode();
    if (migrations.now().isPresent()) {
      Migration now = migrations.now().get();
      ObjectNode wish = node.putObject("now");
      wish.put("wish", now.wish());
      wish.put("from", now.from());
      wish.put("to", now.to());
      wish.put("then", now.then().name());
      wish.put("cold", now.cold());
      wish.put("since", now.since().toString());
      now.givenUp().ifPresent(r -> wish.set("givenUp", write(r)));
    }
    ArrayNode leftOn = node.putArray("leftOn");
    migrations.leftOn().forEach(leftOn::add);
    migrations.setback().ifPresent(r -> node.set("setback", write(r)));
    return node.toString();
  }

  static Migrations migrations(String json) {
    JsonNode node = read(json);
    List<String> leftOn = new ArrayList<>();
    node.path("leftOn").forEach(name -> leftOn.add(name.textValue()));
    return new Migrations(
        Optional.ofNullable(node.get("now")).map(RowJson::migration),
        leftOn,
        Optional.ofNullable(node.get("setback")).map(RowJson::refusal));
  }

  private static Migration migration(JsonNode node) {
    return new Migration(
        node.get("wish").textValue(),
        node.get("from").textValue(),
        node.get("to").textValue(),
        Goal.valueOf(node.get("then").textValue()),
        node.get("cold").booleanValue(),
        Instant.parse(node.get("since").textValue()),
        Optional.ofNullable(node.get("givenUp")).map(RowJson::refusal));
  }

  static String refusal(Refusal refusal) {
    return write(refusal).toString();
  }

  private static ObjectNode write(Refusal refusal) {
    ObjectNode node = JSON.createObjectNode();
    node.put("category", refusal.category().name());
    node.put("code", refusal.code());
    node.put("message", refusal.message());
    refusal.advice().ifPresent(a -> node.put("advice", a));
    ObjectNode facts = node.putObject("facts");
    refusal.facts().forEach(facts::put);
    return node;
  }

  static Refusal refusal(String json) {
    return refusal(read(json));
  }

  private static Refusal refusal(JsonNode node) {
    Map<String, String> facts = new LinkedHashMap<>();
    node.path("facts").properties().forEach(f -> facts.put(f.getKey(), f.getValue().textValue()));
    return new Refusal(
        Refusal.Category.valueOf(node.get("category").textValue()),
        node.get("code").textValue(),
        node.get("message").textValue(),
        text(node, "advice"),
        facts);
  }

  private static Optional<String> text(JsonNode node, String field) {
    return Optional.ofNullable(node.get(field)).map(JsonNode::textValue);
  }

  private static JsonNode read(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the database holds JSON that nobody can read: " + json, e);
    }
  }
}
