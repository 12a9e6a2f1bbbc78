package org.hospes.service.persistence;

import java.nio.file.Path;
import org.hospes.service.admission.CatalogueMemory;
import org.hospes.service.admission.CatalogueMemoryContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

class H2CatalogueMemoryTest implements CatalogueMemoryContract {
  @TempDir Path directory;
  private Database database;

  @Override
  public CatalogueMemory memory() {
    database =
        Database.open(
            new DatabaseSettings("jdbc:h2:file:" + directory.resolve("state"), "sa", ""), () -> {});
    return new JpaCatalogueMemory(database);
  }

  @AfterEach
  void close() {
    database.close();
  }
}
