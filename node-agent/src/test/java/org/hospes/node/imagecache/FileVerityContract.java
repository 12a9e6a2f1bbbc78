package org.hospes.node.imagecache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every {@link FileVerity} that is offered does. */
abstract class FileVerityContract {
  @TempDir Path folder;

  abstract FileVerity verity();

  private Path file(String name, int bytes, int fill) throws IOException {
    byte[] content = new byte[bytes];
    java.util.Arrays.fill(content, (byte) fill);
    return Files.write(folder.resolve(name), content);
  }

  @Test
  void aFileIsHeldToNothingUntilItIsSealed() throws Exception {
    Path file = file("a", 10_000, 1);
    assertEquals(Optional.empty(), verity().measure(file));
    assertTrue(verity().enable(file));
    assertTrue(verity().measure(file).orElseThrow().matches("[0-9a-f]{64}"));
  }

  @Test
  void sealingAgainChangesNothing() throws Exception {
    Path file = file("a", 10_000, 1);
    verity().enable(file);
    Optional<String> before = verity().measure(file);
    assertTrue(verity().enable(file));
    assertEquals(before, verity().measure(file));
  }

  @Test
  void theDigestIsOfTheBytesAndOfNothingElse() throws Exception {
    for (Path file :
        new Path[] {file("a", 10_000, 1), file("b", 10_000, 1), file("c", 10_000, 2)}) {
      verity().enable(file);
    }
    assertEquals(verity().measure(folder.resolve("a")), verity().measure(folder.resolve("b")));
    assertNotEquals(verity().measure(folder.resolve("a")), verity().measure(folder.resolve("c")));
  }

  @Test
  void itStaysWithTheFileAndNotWithTheName() throws Exception {
    Path file = file("a", 10_000, 1);
    verity().enable(file);
    Optional<String> measured = verity().measure(file);
    Files.move(file, folder.resolve("b"));
    file("a", 10_000, 1);
    assertEquals(measured, verity().measure(folder.resolve("b")));
    assertEquals(Optional.empty(), verity().measure(folder.resolve("a")));
  }

  @Test
  void whatIsNotThereIsSaid() {
    assertThrows(IOException.class, () -> verity().measure(folder.resolve("none")));
    assertThrows(IOException.class, () -> verity().enable(folder.resolve("none")));
  }
}
