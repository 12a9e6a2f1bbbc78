package org.hospes.service.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.hospes.image.Digest;
import org.hospes.service.workspace.Sample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class H2Sha1PairsTest {
  @TempDir Path directory;

  private Database open() {
    return Database.open(
        new DatabaseSettings("jdbc:h2:file:" + directory.resolve("state"), "sa", ""), () -> {});
  }

  private static Digest sha1(int n) {
    return Digest.parse("sha1:" + String.format("%040x", n));
  }

  @Test
  void theFirstHoldsAlsoAfterARestart() {
    try (Database database = open()) {
      JpaSha1Pairs pairs = new JpaSha1Pairs(database);
      assertEquals(Sample.digest(1), pairs.note(sha1(1), Sample.digest(1)));
      assertEquals(Sample.digest(1), pairs.note(sha1(1), Sample.digest(2)));
      assertEquals(Sample.digest(2), pairs.note(sha1(2), Sample.digest(2)));
    }
    try (Database database = open()) {
      assertEquals(Sample.digest(1), new JpaSha1Pairs(database).note(sha1(1), Sample.digest(3)));
    }
  }

  @Test
  void ofManyAtOnceOneIsTheFirst() throws Exception {
    ExecutorService crowd = Executors.newFixedThreadPool(8);
    try (Database database = open()) {
      JpaSha1Pairs pairs = new JpaSha1Pairs(database);
      List<Callable<Digest>> all = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        Digest mine = Sample.digest(i);
        all.add(() -> pairs.note(sha1(7), mine));
      }
      Set<Digest> answers = new HashSet<>();
      for (Future<Digest> one : crowd.invokeAll(all)) {
        answers.add(one.get());
      }
      assertEquals(1, answers.size());
    } finally {
      crowd.shutdown();
    }
  }
}
