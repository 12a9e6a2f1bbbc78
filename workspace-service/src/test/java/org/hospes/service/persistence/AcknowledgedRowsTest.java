package org.hospes.service.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** H2 by its own default loses what it acknowledged; ours must not. */
@Timeout(120)
class AcknowledgedRowsTest {
  private static final int ENOUGH = 200;
  @TempDir Path directory;

  @Test
  void whatWasAcknowledgedSurvivesAKill() throws Exception {
    Path output = directory.resolve("acknowledged");
    Process writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Writer.class.getName(),
                url())
            .redirectOutput(output.toFile())
            .redirectError(directory.resolve("errors").toFile())
            .start();
    try {
      while (writer.isAlive() && Files.readAllLines(output).size() < ENOUGH) {
        Thread.sleep(5);
      }
    } finally {
      writer.destroyForcibly().waitFor();
    }
    List<String> acknowledged = Files.readAllLines(output);
    assertTrue(acknowledged.size() >= ENOUGH, "only " + acknowledged.size());
    try (Database database = Database.open(new DatabaseSettings(url(), "sa", ""), () -> {})) {
      JpaWorkspaceRepository repository = new JpaWorkspaceRepository(database);
      long epoch = 0;
      for (String line : acknowledged) {
        String[] parts = line.split(" ");
        if (parts.length < 3) {
          continue; // The kill cut this line; nobody read it.
        }
        Workspace found = repository.find(WorkspaceId.parse(parts[0])).orElseThrow();
        assertEquals(2, found.version());
        assertTrue(repository.dossier(found.id()).isPresent());
        epoch = Long.parseLong(parts[1]);
      }
      assertTrue(repository.identity().epoch() >= epoch);
    }
  }

  @Test
  void aDelayedWriteIsRefusedInTheConfiguration() {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> new DatabaseSettings("jdbc:h2:file:/x;WRITE_DELAY=500", "sa", ""));
    assertTrue(refused.getMessage().contains("found 500"));
    assertTrue(
        new DatabaseSettings("jdbc:h2:file:/x", "sa", "").openedUrl().contains(";WRITE_DELAY=0"));
  }

  private String url() {
    return "jdbc:h2:file:" + directory.resolve("state");
  }

  /** Adds and moves workspaces, and says so after each, until it is killed. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] args) {
      Database database = Database.open(new DatabaseSettings(args[0], "sa", ""), () -> {});
      JpaWorkspaceRepository repository = new JpaWorkspaceRepository(database);
      for (int i = 0; ; i++) {
        Workspace added = repository.add(Sample.workspace(Sample.ADA, "t" + i), Sample.dossier());
        repository.save(added.because("moved"), SavedMove.NOTED);
        System.out.println(added.id() + " " + repository.identity().epoch() + " acknowledged");
      }
    }
  }
}
