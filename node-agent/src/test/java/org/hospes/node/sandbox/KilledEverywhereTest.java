package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.hospes.node.journal.JournalWrite;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Kills the agent before and after every write of the journal, in every story that makes it, starts
 * it again, and lets the service repeat itself as it would.
 */
@Execution(ExecutionMode.CONCURRENT)
class KilledEverywhereTest {

  @TempDir Path root;

  static Stream<Killer.Point> points() {
    return Stream.of(Teller.Story.values()).flatMap(story -> points(story, writesOf(story)));
  }

  /** Before and after each of these writes, each time that the story makes it. */
  static Stream<Killer.Point> points(Teller.Story story, Map<String, Integer> writes) {
    return writes.entrySet().stream()
        .flatMap(
            write ->
                IntStream.rangeClosed(1, write.getValue())
                    .boxed()
                    .flatMap(
                        time ->
                            Stream.of(
                                new Killer.Point(story, "before", write.getKey(), time),
                                new Killer.Point(story, "after", write.getKey(), time))));
  }

  /** How often each write is made. */
  static Map<String, Integer> writesOf(Teller.Story story) {
    Map<String, Integer> writes = new TreeMap<>();
    for (String write : told(story)) {
      writes.merge(write, 1, Integer::sum);
    }
    return writes;
  }

  /** Before and after each write of a story, in the order in which it makes them. */
  static List<Killer.Point> inTurn(Teller.Story story) {
    return told(story).stream()
        .flatMap(
            write ->
                Stream.of("before", "after").map(when -> new Killer.Point(story, when, write, 1)))
        .toList();
  }

  /** Its writes, found out by telling it without killing anybody. */
  private static List<String> told(Teller.Story story) {
    try {
      Path folder = Files.createTempDirectory("story");
      try (TestNode node = new TestNode(folder)) {
        Killer nobody = new Killer(Optional.empty());
        node.stop();
        node.start(nobody);
        new Teller(node, nobody, story).tell();
        return nobody.begun();
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
  void comesToItsGoal(Killer.Point point) throws Exception {
    try (TestNode node = new TestNode(root)) {
      node.stop();
      Killer killer = new Killer(Optional.of(point));
      node.start(killer);
      new Teller(node, killer, point.story()).tell();
      assertEquals(0, killer.dead.getCount(), "was never killed");
    }
  }

  /** One guest, whose agent is killed at every write of its story, one after the other. */
  @ParameterizedTest
  @EnumSource(names = {"RUN_AND_REMOVE", "STOP_AND_START", "SUSPEND_AND_RESUME"})
  void comesToItsGoalThroughAllOfThem(Teller.Story story) throws Exception {
    try (TestNode node = new TestNode(root)) {
      node.stop();
      Killer killer = new Killer(inTurn(story));
      node.start(killer);
      Teller teller = new Teller(node, killer, story);
      teller.tell();
      assertEquals(List.of(), teller.left(), "was never killed there");
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
