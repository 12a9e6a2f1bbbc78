package org.hospes.settings;

import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * One YAML mapping being read. A getter that finds its key missing or wrong adds a {@link Problem}
 * and returns a harmless value, so that a program asks for everything it needs, calls {@link
 * #done()} and then {@link Problems#throwIfAny()}: the operator sees all mistakes at once, before
 * anything starts. Not safe for several threads.
 */
public final class Settings {
  private final String source;
  private final Path base;
  private final String prefix;
  private final int line;
  private final Problems problems;
  private final Map<String, NodeTuple> entries = new LinkedHashMap<>();
  private final Set<String> asked = new TreeSet<>();
  private final Map<String, Settings> children = new LinkedHashMap<>();
  private boolean finished;

  Settings(String source, Path base, String prefix, MappingNode node, Problems problems) {
    this.source = source;
    this.base = base;
    this.prefix = prefix;
    this.line = node == null ? 0 : YamlSource.line(node);
    this.problems = problems;
    if (node != null) {
      for (NodeTuple tuple : node.getValue()) {
        add(tuple);
      }
    }
  }

  /**
   * Reads a file. One that is missing, too large or not YAML is a problem, and every key is then
   * absent without further problems about missing keys. Paths in it that are relative are taken
   * from the file's own directory.
   */
  public static Settings read(Path file, Problems problems) {
    return YamlSource.read(file, problems);
  }

  /** Reads a text; {@code source} names it in problems. */
  public static Settings parse(String yaml, String source, Problems problems) {
    return YamlSource.parse(yaml, source, null, problems);
  }

  /** Whether the key is there with a value. */
  public boolean has(String key) {
    asked.add(key);
    return value(key) != null;
  }

  /** Whether the key is there, with a value or without. */
  public boolean named(String key) {
    asked.add(key);
    return entries.containsKey(key);
  }

  /** The line of the key, or of this mapping when the key is absent; counted from 1, or 0. */
  public int line(String key) {
    NodeTuple tuple = entries.get(key);
    return tuple == null ? line : YamlSource.line(tuple.getKeyNode());
  }

  /** Adds a problem about a key, at its line; for rules that only the caller knows. */
  public void problem(String key, String message) {
    problems.add(source, line(key), prefix + key, message);
  }

  /** A required text; "" when missing. */
  public String text(String key) {
    return required(key).orElse("");
  }

  /** A text, or its default. */
  public String text(String key, String absent) {
    return optional(key).orElse(absent);
  }

  /** A text that may be absent. */
  public Optional<String> optional(String key) {
    asked.add(key);
    Node node = value(key);
    if (node == null) {
      return Optional.empty();
    }
    if (node instanceof ScalarNode scalar) {
      return Optional.of(scalar.getValue());
    }
    problem(key, "one value expected, a " + YamlSource.kind(node) + " found");
    return Optional.empty();
  }

  /** A required path, made absolute from the file's directory; an empty path when missing. */
  public Path path(String key) {
    Path path = required(key).map(text -> toPath(key, text)).orElse(null);
    return path == null ? Path.of("") : path;
  }

  /** A path, or its default. */
  public Path path(String key, Path absent) {
    Path path = optional(key).map(text -> toPath(key, text)).orElse(null);
    return path == null ? absent : path;
  }

  /** A path that may be absent. */
  public Optional<Path> optionalPath(String key) {
    return optional(key).map(text -> toPath(key, text));
  }

  /** A required absolute URI with a host; {@code unset:/} when missing or wrong. */
  public URI uri(String key) {
    return required(key).map(text -> toUri(key, text)).orElse(URI.create("unset:/"));
  }

  /** A whole number within bounds, both included, or its default. */
  public int integer(String key, int min, int max, int absent) {
    Optional<String> text = optional(key);
    if (text.isEmpty()) {
      return absent;
    }
    try {
      int number = Integer.parseInt(text.get().strip());
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // The message below says what was expected either way.
    }
    problem(
        key, "a whole number from " + min + " to " + max + " expected, '" + text.get() + "' found");
    return absent;
  }

  /** A size in bytes, written as {@link ByteSize} reads it, or its default. */
  public long size(String key, long absent) {
    return parsed(key, ByteSize::parse, absent);
  }

  /** A duration, written as {@link Durations} reads it, or its default. */
  public Duration duration(String key, Duration absent) {
    return parsed(key, Durations::parse, absent);
  }

  /** A switch, {@code true} or {@code false} (also {@code yes no on off}), or its default. */
  public boolean flag(String key, boolean absent) {
    Optional<String> text = optional(key);
    if (text.isEmpty()) {
      return absent;
    }
    switch (text.get().strip().toLowerCase(Locale.ROOT)) {
      case "true", "yes", "on":
        return true;
      case "false", "no", "off":
        return false;
      default:
        problem(key, "true or false expected, '" + text.get() + "' found");
        return absent;
    }
  }

  /** A list of texts; empty when absent. One value by itself counts as a list of one. */
  public List<String> texts(String key) {
    asked.add(key);
    Node node = value(key);
    if (node == null) {
      return List.of();
    }
    if (node instanceof ScalarNode scalar) {
      return List.of(scalar.getValue());
    }
    if (!(node instanceof SequenceNode sequence)) {
      problem(key, "a list expected, a " + YamlSource.kind(node) + " found");
      return List.of();
    }
    List<String> texts = new ArrayList<>();
    for (Node item : sequence.getValue()) {
      if (item instanceof ScalarNode scalar && !scalar.getTag().equals(Tag.NULL)) {
        texts.add(scalar.getValue());
      } else {
        itemProblem(key, item, "a text expected, a " + YamlSource.kind(item) + " found");
      }
    }
    return List.copyOf(texts);
  }

  /**
   * A list of texts, each turned into a value; empty when absent. An {@link
   * IllegalArgumentException} of the function is a problem at the line of its item.
   */
  public <T> List<T> parsedList(String key, Function<String, T> parser) {
    asked.add(key);
    List<T> values = new ArrayList<>();
    if (!(value(key) instanceof SequenceNode sequence)) {
      texts(key).forEach(text -> convert(key, text, parser).ifPresent(values::add));
      return List.copyOf(values);
    }
    for (Node item : sequence.getValue()) {
      if (item instanceof ScalarNode scalar && !scalar.getTag().equals(Tag.NULL)) {
        try {
          values.add(parser.apply(scalar.getValue()));
        } catch (IllegalArgumentException e) {
          itemProblem(key, item, e.getMessage());
        }
      } else {
        itemProblem(key, item, "a text expected, a " + YamlSource.kind(item) + " found");
      }
    }
    return List.copyOf(values);
  }

  /** A list of mappings; empty when absent. */
  public List<Settings> sections(String key) {
    asked.add(key);
    Node node = value(key);
    if (node == null) {
      return List.of();
    }
    if (!(node instanceof SequenceNode sequence)) {
      problem(key, "a list of sections expected, a " + YamlSource.kind(node) + " found");
      return List.of();
    }
    List<Settings> sections = new ArrayList<>();
    for (Node item : sequence.getValue()) {
      if (item instanceof MappingNode mapping) {
        sections.add(child(key + "[" + sections.size() + "]", mapping));
      } else {
        itemProblem(key, item, "a section expected, a " + YamlSource.kind(item) + " found");
      }
    }
    return List.copyOf(sections);
  }

  /** A mapping inside this one; an empty one when absent, whose required keys are then missing. */
  public Settings section(String key) {
    asked.add(key);
    Node node = value(key);
    if (node == null || node instanceof MappingNode) {
      return child(key, (MappingNode) node);
    }
    problem(key, "a section of keys expected, a " + YamlSource.kind(node) + " found");
    return child(key, null);
  }

  /**
   * A required value of any kind; null when missing or wrong, in which case there is a problem. An
   * {@link IllegalArgumentException} of the function is that problem.
   */
  public <T> T parsed(String key, Function<String, T> parser) {
    return required(key).flatMap(text -> convert(key, text, parser)).orElse(null);
  }

  /** A value of any kind, or its default, which also stands in for a wrong one. */
  public <T> T parsed(String key, Function<String, T> parser, T absent) {
    return optional(key).flatMap(text -> convert(key, text, parser)).orElse(absent);
  }

  /**
   * A {@code host:port}, an IPv6 address in brackets, or its default; null when the default is null
   * and nothing good is written. Host names are resolved.
   */
  public InetSocketAddress address(String key, String absent) {
    Optional<InetSocketAddress> written =
        optional(key).flatMap(text -> convert(key, text, Addresses::parse));
    return written.orElseGet(() -> absent == null ? null : Addresses.parse(absent));
  }

  /**
   * Ends the reading of this mapping and of every section taken from it: a key that nobody asked
   * for is a problem, with the name that was probably meant. Repeating it changes nothing.
   */
  public void done() {
    if (finished) {
      return;
    }
    finished = true;
    for (String key : entries.keySet()) {
      if (!asked.contains(key)) {
        problem(key, "unknown key" + Spelling.hint(key, asked));
      }
    }
    children.values().forEach(Settings::done);
  }

  /** One of two words, or the default: whether it is the first. */
  public boolean either(String key, String first, String second, boolean absent) {
    Optional<String> text = optional(key).map(String::strip);
    if (text.isEmpty()) {
      return absent;
    }
    if (!text.get().equals(first) && !text.get().equals(second)) {
      problem(key, first + " or " + second + " expected, '" + text.get() + "' found");
      return absent;
    }
    return text.get().equals(first);
  }

  private Optional<String> required(String key) {
    boolean present = has(key);
    Optional<String> text = optional(key);
    if (!present && !YamlSource.failed(problems, source)) {
      problem(key, entries.containsKey(key) ? "has no value" : "is required and missing");
    } else if (text.isPresent() && text.get().isBlank()) {
      problem(key, "must not be empty");
      return Optional.empty();
    }
    return text;
  }

  private <T> Optional<T> convert(String key, String text, Function<String, T> parser) {
    try {
      return Optional.of(parser.apply(text));
    } catch (IllegalArgumentException e) {
      problem(key, e.getMessage());
      return Optional.empty();
    }
  }

  private Path toPath(String key, String text) {
    try {
      Path path = Path.of(text);
      return base == null ? path : base.resolve(path).normalize();
    } catch (InvalidPathException e) {
      problem(key, "not a path: " + e.getMessage());
      return null;
    }
  }

  private URI toUri(String key, String text) {
    try {
      URI uri = new URI(text.strip());
      if (uri.isAbsolute() && uri.getHost() != null) {
        return uri;
      }
      problem(key, "an address such as https://host:port expected, '" + text + "' found");
    } catch (URISyntaxException e) {
      problem(key, "not an address: " + e.getMessage());
    }
    return null;
  }

  private Settings child(String key, MappingNode node) {
    // Asked twice, it is the same section: what one reader asked for is known to the other.
    return children.computeIfAbsent(
        key, name -> new Settings(source, base, prefix + name + ".", node, problems));
  }

  private void itemProblem(String key, Node item, String message) {
    problems.add(source, YamlSource.line(item), prefix + key, message);
  }

  private Node value(String key) {
    NodeTuple tuple = entries.get(key);
    if (tuple == null || tuple.getValueNode().getTag().equals(Tag.NULL)) {
      return null;
    }
    return tuple.getValueNode();
  }

  private void add(NodeTuple tuple) {
    int at = YamlSource.line(tuple.getKeyNode());
    if (!(tuple.getKeyNode() instanceof ScalarNode scalar)) {
      problems.add(source, at, prefix, "a key must be a text");
      return;
    }
    String key = scalar.getValue();
    NodeTuple earlier = entries.putIfAbsent(key, tuple);
    if (earlier != null) {
      int first = YamlSource.line(earlier.getKeyNode());
      problems.add(source, at, prefix + key, "stands twice; the first is at line " + first);
    }
  }
}
