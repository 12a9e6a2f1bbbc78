package org.hospes.node.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceMemoryTest {
  @TempDir Path folder;

  private ServiceMemory open() throws IOException {
    return ServiceMemory.open(folder.resolve("service.json"));
  }

  @Test
  void anEpochMayStandOrGrow() throws Exception {
    assertEquals("unknown", open().instance());
    assertEquals(Optional.empty(), open().heard("a", 5));
    assertEquals(Optional.empty(), open().heard("a", 5));
    assertEquals(Optional.empty(), open().heard("a", 6));
    assertEquals("a", open().instance());
  }

  @Test
  void aDatabaseThatCameBackOlderIsObjectedToForGood() throws Exception {
    open().heard("a", 6);
    Optional<String> objection = open().heard("a", 5);
    assertTrue(objection.orElseThrow().contains("expected epoch 6"), objection::get);
    // It soon passes the number it once had; that does not give it its memory back.
    assertEquals(objection, open().heard("a", 7));
    assertEquals(objection, open().objection());
  }

  @Test
  void anotherDatabaseIsObjectedTo() throws Exception {
    open().heard("a", 6);
    assertTrue(open().heard("b", 600).orElseThrow().contains("found b"));
    assertEquals("a", open().instance());
  }
}
