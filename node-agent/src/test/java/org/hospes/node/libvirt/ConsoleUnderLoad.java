package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import org.hospes.node.hypervisor.ConsoleContract;
import org.hospes.node.hypervisor.ConsoleLine;
import org.hospes.node.hypervisor.ConsoleOutput;
import org.hospes.node.hypervisor.ConsoleSource;
import org.hospes.node.hypervisor.GuestSpec;
import org.hospes.node.hypervisor.GuestState;
import org.hospes.node.hypervisor.TinyDisk;
import org.junit.jupiter.api.Test;

/** Consoles of real guests that write, or do not read, for all they are worth. */
interface ConsoleUnderLoad extends ConsoleContract {
  /**
   * QEMU's serial port gives a byte up after four tries (MAX_XMIT_RETRY of hw/char/serial.c) when
   * whoever reads got no processor for as long; on a busy machine that happens. What one sees the
   * other has, all the same.
   */
  int MOST_GAPS = 3;

  @Test
  default void theLogIsWholeWhileSomebodyIsAttachedAndSoIsWhatTheySee() throws Exception {
    GuestSpec spec = guest(TinyDisk.Then.REPEAT);
    ByteArrayOutputStream seen = new ByteArrayOutputStream();
    try {
      hypervisor().startPaused(spec);
      try (ConsoleLine line = hypervisor().openConsole(spec.id())) {
        hypervisor().resume(spec.id());
        byte[] piece = new byte[16 << 10];
        while (seen.size() < 300_000) {
          int n = line.read(piece);
          assertTrue(n >= 0, "the console ended after " + seen.size());
          seen.write(piece, 0, n);
        }
        hypervisor().suspend(spec.id());
      }
      ByteArrayOutputStream log = new ByteArrayOutputStream();
      for (int got = 1; got > 0; ) {
        ConsoleOutput output =
            hypervisor().readConsole(ConsoleSource.of(spec), log.size(), 1 << 20);
        got = output.bytes().length;
        log.write(output.bytes(), 0, got);
        assertEquals(log.size(), output.nextOffset(), "nothing of the log was dropped");
      }
      requireGreetings("what was seen", seen.toByteArray());
      requireGreetings("the log", log.toByteArray());
      // One character for each byte, so that it can be looked for.
      assertTrue(
          log.toString(ISO_8859_1).contains(seen.toString(ISO_8859_1)),
          "what was seen stands in the log as it was seen");
    } finally {
      hypervisor().destroy(spec.id());
    }
  }

  private static void requireGreetings(String what, byte[] bytes) {
    String greeting = TinyDisk.GREETING;
    int gaps = -1;
    int next = -1;
    for (int i = 0; i < bytes.length; i++) {
      if (next < 0 || greeting.charAt(next) != bytes[i]) {
        gaps++;
        assertTrue(gaps <= MOST_GAPS, what + " has gap " + gaps + " at " + i);
        // The first that is whole again, in what follows a gap as at the beginning.
        int whole = new String(bytes, i, bytes.length - i, US_ASCII).indexOf(greeting);
        assertTrue(
            whole >= 0 && whole < 2 * greeting.length(), what + " is none from " + i + " on");
        i += whole;
        next = 0;
      }
      next = (next + 1) % greeting.length();
    }
  }

  @Test
  default void aGuestThatIsNotReadTakesNoMoreThanThereIsRoomFor() throws Exception {
    GuestSpec spec = guest();
    try {
      hypervisor().startPaused(spec);
      byte[] paste = new byte[1 << 20];
      try (ConsoleLine line = hypervisor().openConsole(spec.id())) {
        int taken = 0;
        int none = 0;
        while (none < 20) {
          int n = line.type(paste, taken, paste.length - taken);
          assertTrue(n >= 0, "the console ended");
          taken += n;
          none = n == 0 ? none + 1 : 0;
        }
        assertTrue(taken < paste.length, "a guest that stands still took " + taken + " bytes");
        // And whoever waits for it holds nobody up.
        assertEquals(GuestState.PAUSED, hypervisor().inspect(spec.id()).orElseThrow().state());
      }
    } finally {
      hypervisor().destroy(spec.id());
    }
  }
}
