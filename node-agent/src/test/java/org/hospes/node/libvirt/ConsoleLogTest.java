package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.hospes.node.hypervisor.ConsoleOutput;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConsoleLogTest {
  @TempDir Path folder;

  private Path log;
  private final StringBuilder everything = new StringBuilder();

  @BeforeEach
  void name() {
    log = folder.resolve("console.log");
  }

  /** As the guest does, through virtlogd. */
  private void write(String text) throws IOException {
    Files.writeString(log, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    everything.append(text);
  }

  /** As virtlogd does with three old pieces. */
  private void turnOver() throws IOException {
    Files.deleteIfExists(piece(2));
    for (int i = 1; i >= 0; i--) {
      if (Files.exists(piece(i))) {
        Files.move(piece(i), piece(i + 1));
      }
    }
    Files.move(log, piece(0));
  }

  private Path piece(int i) {
    return folder.resolve("console.log." + i);
  }

  /** A new reader each time, as after a restart of the agent. */
  private ConsoleOutput read(long offset, int maxBytes) throws IOException {
    return new ConsoleLog(log).read(offset, maxBytes);
  }

  private void assertReads(long offset, ConsoleOutput output) {
    assertEquals(offset, output.offset());
    assertEquals(
        everything.substring((int) offset, (int) output.nextOffset()),
        new String(output.bytes(), US_ASCII));
  }

  @Test
  void aLogThatIsNotThereIsEmpty() throws IOException {
    assertEquals(0, read(0, 10).nextOffset());
  }

  @Test
  void aPositionStaysWhatItIsWhileTheLogIsTurnedOver() throws IOException {
    write("first piece ");
    assertReads(0, read(0, 5));
    turnOver();
    write("second piece ");
    assertReads(3, read(3, 1000));
    turnOver();
    turnOver0AndCheck();
  }

  private void turnOver0AndCheck() throws IOException {
    write("third ");
    turnOver();
    write("fourth ");
    assertReads(6, read(6, 1000));
    turnOver();
    write("fifth");
    // The first piece is deleted now.
    ConsoleOutput rest = read(0, 1000);
    assertReads("first piece ".length(), rest);
    assertEquals(everything.length(), rest.nextOffset());
    assertEquals(0, read(everything.length(), 10).bytes().length);
    assertReads(20, read(20, 3));
  }

  @Test
  void whenTooMuchWasMissedPositionsStillOnlyGrow() throws IOException {
    write("seen ");
    long seen = read(0, 1000).nextOffset();
    for (int i = 0; i < 6; i++) {
      turnOver();
      write("not seen " + i + " ");
    }
    ConsoleOutput later = read(seen, 1000);
    assertTrue(later.offset() >= seen);
    assertTrue(new String(later.bytes(), US_ASCII).endsWith("not seen 5 "));
    ConsoleOutput again = read(later.offset(), 1000);
    assertEquals(later.offset(), again.offset());
  }
}
