package org.hospes.service.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Set;
import org.hospes.service.node.Drains;
import org.hospes.service.node.DrainsContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class H2DrainsTest implements DrainsContract {
  @TempDir Path directory;
  private Database database;

  @Override
  public Drains drains() {
    database =
        Database.open(
            new DatabaseSettings("jdbc:h2:file:" + directory.resolve("state"), "sa", ""), () -> {});
    return new JpaDrains(database);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aDrainOutlivesTheService() {
    drains().drain("node1", OLIVIA, NOON, true);
    database.close();
    assertEquals(Set.of("node1"), drains().all().keySet());
  }
}
