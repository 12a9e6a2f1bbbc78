package org.hospes.image.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * One JSON object being read: every getter says what it expected and found, and {@link #done()}
 * refuses keys that nobody asked for. All failures are {@link IllegalArgumentException}s. For one
 * thread.
 */
public final class StrictObject {
  private static final int LONGEST_STRING = 8192;
  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(8)
                          .maxStringLength(LONGEST_STRING)
                          .maxNameLength(128)
                          .maxNumberLength(20)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final String where;
  private final JsonNode node;
  private final Set<String> asked = new HashSet<>();

  private StrictObject(String where, JsonNode node) {
    this.where = where;
    this.node = node;
    if (!node.isObject()) {
      throw new IllegalArgumentException(where + ": expected an object, found " + kind(node));
    }
  }

  /**
   * Reads a document whose top is an object.
   *
   * @param what names the document in messages
   * @param atMostBytes a longer one is refused before it is read
   */
  public static StrictObject parse(byte[] json, String what, int atMostBytes) {
    if (json.length > atMostBytes) {
      throw new IllegalArgumentException(
          what + ": expected at most " + atMostBytes + " bytes, found " + json.length);
    }
    // Without this a byte order mark, or UTF-16, would be taken as well.
    if (json.length == 0 || json[0] != '{') {
      throw new IllegalArgumentException(what + ": expected UTF-8 that begins with '{'");
    }
    try {
      return new StrictObject(what, MAPPER.readTree(json));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          what
              + (e.getLocation() == null ? "" : " at byte " + e.getLocation().getByteOffset())
              + ": "
              + e.getOriginalMessage(),
          e);
    } catch (IOException e) {
      throw new IllegalArgumentException(what + ": " + e.getMessage(), e);
    }
  }

  public String text(String key) {
    return text(key, require(key));
  }

  public Optional<String> optionalText(String key) {
    return has(key) ? Optional.of(text(key)) : Optional.empty();
  }

  public long number(String key) {
    JsonNode value = require(key);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new IllegalArgumentException(
          at(key) + ": expected a whole number, found " + kind(value));
    }
    return value.longValue();
  }

  public StrictObject object(String key) {
    return new StrictObject(at(key), require(key));
  }

  public List<StrictObject> objects(String key, int atMost) {
    List<StrictObject> found = new ArrayList<>();
    for (JsonNode item : array(key, atMost)) {
      found.add(new StrictObject(at(key) + "[" + found.size() + "]", item));
    }
    return found;
  }

  /** A list of strings, each read by a function that may refuse it. */
  public <T> List<T> texts(String key, int atMost, Function<String, T> reader) {
    List<T> found = new ArrayList<>();
    for (JsonNode item : array(key, atMost)) {
      String name = key + "[" + found.size() + "]";
      found.add(read(name, text(name, item), reader));
    }
    return found;
  }

  /** A string read by a function that may refuse it. */
  public <T> T parsed(String key, Function<String, T> reader) {
    return read(key, text(key), reader);
  }

  public boolean has(String key) {
    asked.add(key);
    return node.has(key);
  }

  /** Refuses what nobody asked for. */
  public void done() {
    node.fieldNames()
        .forEachRemaining(
            key -> {
              if (!asked.contains(key)) {
                throw new IllegalArgumentException(at(key) + ": unknown key");
              }
            });
  }

  private <T> T read(String key, String text, Function<String, T> reader) {
    try {
      return reader.apply(text);
    } catch (IllegalArgumentException | java.time.DateTimeException e) {
      throw new IllegalArgumentException(at(key) + ": " + e.getMessage(), e);
    }
  }

  private JsonNode array(String key, int atMost) {
    JsonNode value = require(key);
    if (!value.isArray() || value.size() > atMost) {
      throw new IllegalArgumentException(
          at(key)
              + ": expected a list of at most "
              + atMost
              + ", found "
              + (value.isArray() ? "one of " + value.size() : kind(value)));
    }
    return value;
  }

  private String text(String key, JsonNode value) {
    if (!value.isTextual()) {
      throw new IllegalArgumentException(at(key) + ": expected a string, found " + kind(value));
    }
    String text = value.textValue();
    if (text.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(at(key) + ": control characters");
    }
    return text;
  }

  private JsonNode require(String key) {
    if (!has(key)) {
      throw new IllegalArgumentException(at(key) + ": missing");
    }
    return node.get(key);
  }

  private String at(String key) {
    return where + ": " + key;
  }

  private static String kind(JsonNode node) {
    return node.isNumber()
        ? "the number " + node.asText()
        : node.getNodeType().name().toLowerCase(java.util.Locale.ROOT);
  }
}
