package org.hospes.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that change under a running program. */
class WatchedTest {
  @TempDir Path dir;
  private Path file;

  @BeforeEach
  void write() throws IOException {
    file = Files.writeString(dir.resolve("number"), "1");
  }

  @Test
  void aNewVersionIsTakenUp() throws Exception {
    try (Watched<Integer> number = watch(Duration.ofDays(1))) {
      List<Integer> heard = new ArrayList<>();
      number.onChange(
          value -> {
            throw new IllegalStateException("does not stop the next listener");
          });
      number.onChange(heard::add);
      assertEquals(1, number.get());
      assertFalse(number.check());
      FileTime time = Files.getLastModifiedTime(file);
      Files.writeString(file, "2");
      Files.setLastModifiedTime(file, time);
      assertTrue(number.check());
      assertEquals(2, number.get());
      assertEquals(List.of(2), heard);
    }
  }

  @Test
  void eachMistakeIsToldOnce() throws Exception {
    try (Watched<Integer> number = watch(Duration.ofDays(1))) {
      List<String> heard = new ArrayList<>();
      number.onProblem(
          problem -> {
            throw new IllegalStateException("does not stop the next listener");
          });
      number.onProblem(problem -> heard.add(number.lastProblem().orElseThrow()));
      Files.writeString(file, "many");
      number.check();
      number.check();
      assertEquals(1, heard.size());
      assertTrue(heard.get(0).contains("many"), heard.get(0));
      Files.writeString(file, "2");
      number.check();
      Files.writeString(file, "many");
      number.check();
      assertEquals(2, heard.size());
    }
  }

  @Test
  void aBadVersionKeepsTheOneBefore() throws Exception {
    try (Watched<Integer> number = watch(Duration.ofDays(1))) {
      Files.writeString(file, "many");
      assertFalse(number.check());
      assertEquals(1, number.get());
      assertTrue(number.lastProblem().orElseThrow().contains("many"));
      Files.delete(file);
      assertFalse(number.check());
      assertEquals(1, number.get());
      Files.writeString(file, "3");
      assertTrue(number.check());
      assertEquals(3, number.get());
      assertTrue(number.lastProblem().isEmpty());
    }
  }

  @Test
  void goingBackToTheVersionInForceEndsTheProblem() throws Exception {
    try (Watched<Integer> number = watch(Duration.ofDays(1))) {
      Files.writeString(file, "many");
      assertFalse(number.check());
      Files.writeString(file, "1");
      assertTrue(number.check());
      assertTrue(number.lastProblem().isEmpty());
    }
  }

  @Test
  void looksByItself() throws Exception {
    try (Watched<Integer> number = watch(Duration.ofMillis(20))) {
      CountDownLatch changed = new CountDownLatch(1);
      number.onChange(value -> changed.countDown());
      Files.writeString(dir.resolve("new"), "2");
      Files.move(dir.resolve("new"), file, StandardCopyOption.REPLACE_EXISTING);
      assertTrue(changed.await(60, TimeUnit.SECONDS), () -> "at " + Instant.now());
      assertEquals(2, number.get());
    }
  }

  @Test
  void theFirstVersionMustBeGood() throws Exception {
    Files.delete(file);
    assertThrows(NoSuchFileException.class, () -> watch(Duration.ofDays(1)).close());
    Problems problems = new Problems();
    problems.add("f", 3, "k", "is wrong");
    InvalidSettingsException e =
        assertThrows(
            InvalidSettingsException.class,
            () ->
                new Watched<>(
                        List.of(file),
                        Duration.ofDays(1),
                        () -> {
                          problems.throwIfAny();
                          return 1;
                        })
                    .close());
    assertEquals("f:3: k: is wrong", e.getMessage());
  }

  private Watched<Integer> watch(Duration every) throws IOException, InvalidSettingsException {
    return new Watched<>(
        List.of(file), every, () -> Integer.valueOf(Files.readString(file).strip()));
  }
}
