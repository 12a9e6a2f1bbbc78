package org.hospes.settings;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Turns a file or a text into the mapping at its top. */
final class YamlSource {
  private static final int LARGEST = 4 << 20;

  private YamlSource() {}

  static Settings read(Path file, Problems problems) {
    String source = file.toString();
    Path base = file.toAbsolutePath().getParent();
    try {
      if (Files.size(file) > LARGEST) {
        return unreadable(source, 0, "larger than " + ByteSize.format(LARGEST), problems);
      }
      return parse(Files.readString(file), source, base, problems);
    } catch (NoSuchFileException e) {
      return unreadable(source, 0, "the file is missing", problems);
    } catch (CharacterCodingException e) {
      return unreadable(source, 0, "the file is not UTF-8 text", problems);
    } catch (IOException e) {
      return unreadable(source, 0, "cannot be read: " + e, problems);
    }
  }

  static Settings parse(String yaml, String source, Path base, Problems problems) {
    LoadSettings limits =
        LoadSettings.builder()
            .setLabel(source)
            .setMaxAliasesForCollections(0)
            .setCodePointLimit(LARGEST)
            .build();
    Optional<Node> top;
    try {
      top = new Compose(limits).composeString(yaml);
    } catch (MarkedYamlEngineException e) {
      int line = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(0);
      return unreadable(source, line, "not YAML: " + e.getProblem(), problems);
    } catch (YamlEngineException e) {
      return unreadable(source, 0, "not YAML: " + e.getMessage(), problems);
    }
    if (top.isPresent() && !(top.get() instanceof MappingNode)) {
      return unreadable(
          source,
          line(top.get()),
          "keys with values expected at the top, a " + kind(top.get()) + " found",
          problems);
    }
    return new Settings(source, base, "", (MappingNode) top.orElse(null), problems);
  }

  static int line(Node node) {
    return node.getStartMark().map(Mark::getLine).orElse(-1) + 1;
  }

  static String kind(Node node) {
    if (node instanceof MappingNode) {
      return "section of keys";
    }
    return node instanceof SequenceNode ? "list" : "single value";
  }

  /** Whether the source as a whole could not be read: that nothing is in it is then no news. */
  static boolean failed(Problems problems, String source) {
    return problems.list().stream()
        .anyMatch(problem -> problem.file().equals(source) && problem.key().isEmpty());
  }

  private static Settings unreadable(String source, int line, String why, Problems problems) {
    problems.add(source, line, "", why);
    return new Settings(source, null, "", null, problems);
  }
}
