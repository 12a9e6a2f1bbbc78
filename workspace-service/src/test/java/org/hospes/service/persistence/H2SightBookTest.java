package org.hospes.service.persistence;

import java.nio.file.Path;
import org.hospes.service.sight.SightBook;
import org.hospes.service.sight.SightBookContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

class H2SightBookTest implements SightBookContract {
  @TempDir Path directory;
  private Database database;

  @Override
  public SightBook book() {
    database =
        Database.open(
            new DatabaseSettings("jdbc:h2:file:" + directory.resolve("state"), "sa", ""), () -> {});
    return new JpaSightBook(database);
  }

  @AfterEach
  void close() {
    database.close();
  }
}
