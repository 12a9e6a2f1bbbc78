package org.hospes.service.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Optional;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.ServiceIdentity;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceRepository;
import org.hospes.service.workspace.WorkspaceRepositoryContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class H2WorkspaceRepositoryTest implements WorkspaceRepositoryContract {
  @TempDir Path directory;
  private Database database;

  @BeforeEach
  void open() {
    database = Database.open(settings(), () -> {});
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Override
  public WorkspaceRepository repository() {
    return new JpaWorkspaceRepository(database);
  }

  @Test
  void survivesAReopening() {
    WorkspaceRepository repository = repository();
    Workspace added = repository.add(Sample.workspace(Sample.ADA, "one"), Sample.dossier());
    ServiceIdentity identity = repository.identity();
    database.close();
    database = Database.open(settings(), () -> {});
    assertEquals(Optional.of(added), repository().find(added.id()));
    assertEquals(identity, repository().identity());
  }

  private DatabaseSettings settings() {
    return new DatabaseSettings("jdbc:h2:file:" + directory.resolve("state"), "sa", "");
  }
}
