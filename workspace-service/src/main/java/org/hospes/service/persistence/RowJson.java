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
import org.hospes.service.workspace.Forward;
import org.hospes.service.workspace.Moment;
import org.hospes.service.workspace.Refusal;

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

  static String refusal(Refusal refusal) {
    ObjectNode node = JSON.createObjectNode();
    node.put("category", refusal.category().name());
    node.put("code", refusal.code());
    node.put("message", refusal.message());
    refusal.advice().ifPresent(a -> node.put("advice", a));
    ObjectNode facts = node.putObject("facts");
    refusal.facts().forEach(facts::put);
    return node.toString();
  }

  static Refusal refusal(String json) {
    JsonNode node = read(json);
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
