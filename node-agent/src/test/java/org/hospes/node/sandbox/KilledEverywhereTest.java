package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.hospes.node.journal.JournalWrite;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Kills the agent before and after every write of the journal, in every story that makes it, starts
 * it again, and lets the service repeat itself as it would.
 */
class KilledEverywhereTest {

  @TempDir Path root;

  static Stream<Teller.Point> points() {
    return Stream.of(Teller.Story.values()).flatMap(story -> points(story, writesOf(story)));
  }

  /** Before and after each of these writes, each time that the story makes it. */
  static Stream<Teller.Point> points(Teller.Story story, Map<String, Integer> writes) {
    return writes.entrySet().stream()
        .flatMap(
            write ->
                IntStream.rangeClosed(1, write.getValue())
                    .boxed()
                    .flatMap(
                        time ->
                            Stream.of(
                                new Teller.Point(story, "before", write.getKey(), time),
                                new Teller.Point(story, "after", write.getKey(), time))));
  }

  /** How often each write is made, found out by telling the story without killing anybody. */
  static Map<String, Integer> writesOf(Teller.Story story) {
    try {
      Path folder = Files.createTempDirectory("story");
      try (TestNode node = new TestNode(folder)) {
        Teller.Killer nobody = new Teller.Killer(Optional.empty());
        node.stop();
        node.start(nobody);
        new Teller(node, nobody, story).tell();
        return Map.copyOf(nobody.seen);
      } finally {
        try (Stream<Path> all = Files.walk(folder)) {
          all.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        }
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void theStoriesMakeEveryWriteThereIs() {
    Set<String> told = new TreeSet<>();
    for (Teller.Story story : Teller.Story.values()) {
      told.addAll(writesOf(story).keySet());
    }
    assertEquals(new TreeSet<>(JournalWrite.all()), told);
  }

  @ParameterizedTest
  @MethodSource("points")
  void comesToItsGoal(Teller.Point point) throws Exception {
    try (TestNode node = new TestNode(root)) {
      node.stop();
      Teller.Killer killer = new Teller.Killer(Optional.of(point));
      node.start(killer);
      new Teller(node, killer, point.story()).tell();
      assertEquals(0, killer.dead.getCount(), "was never killed");
    }
  }

  @Test
  void everyWriteHasAName() {
    assertEquals(
        new LinkedHashSet<>(JournalWrite.all()).size(),
        JournalWrite.all().size(),
        "a name stands twice");
  }
}
