package org.hospes.service.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.Workspace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Of several services over one database, one is at work. */
@Timeout(180)
class StandbyTest {
  @Test
  void aSecondServiceOnPostgresStandsByAndTakesOver() throws Exception {
    try (PostgresForTests postgres = PostgresForTests.start()) {
      DatabaseSettings settings = postgres.emptySchema();
      Database first = Database.open(settings, () -> {});
      Workspace added =
          new JpaWorkspaceRepository(first)
              .add(Sample.workspace(Sample.ADA, "t"), Sample.dossier());
      CompletableFuture<Database> second =
          CompletableFuture.supplyAsync(() -> Database.open(settings, () -> {}));
      assertThrows(TimeoutException.class, () -> second.get(2, TimeUnit.SECONDS));
      assertFalse(second.isDone());
      first.close();
      try (Database tookOver = second.get(60, TimeUnit.SECONDS)) {
        assertEquals(1, new JpaWorkspaceRepository(tookOver).unfinished().size());
        assertEquals(added.id(), new JpaWorkspaceRepository(tookOver).unfinished().get(0).id());
      }
    }
  }
}
