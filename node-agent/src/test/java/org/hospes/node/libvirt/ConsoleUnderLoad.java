package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
  @Test
  default void theLogIsWholeWhileSomebodyIsAttachedAndSoIsWhatTheySee() throws Exception {
    GuestSpec spec = guest(TinyDisk.Then.REPEAT);
    byte[] greeting = TinyDisk.GREETING.getBytes(US_ASCII);
    try {
      hypervisor().startPaused(spec);
      try (ConsoleLine line = hypervisor().openConsole(spec.id())) {
        hypervisor().resume(spec.id());
        byte[] piece = new byte[16 << 10];
        long seen = 0;
        int first = -1;
        while (seen < 300_000) {
          int n = line.read(piece);
          assertTrue(n >= 0, "the console ended after " + seen);
          for (int i = 0; i < n; i++, seen++) {
            // QEMU notices within a second that somebody is there.
            first = first < 0 ? TinyDisk.GREETING.indexOf(piece[i]) : first;
            assertEquals(
                greeting[(int) ((first + seen) % greeting.length)], piece[i], "at " + seen);
          }
        }
        hypervisor().suspend(spec.id());
      }
      long position = 0;
      while (position < 300_000) {
        ConsoleOutput output = hypervisor().readConsole(ConsoleSource.of(spec), position, 1 << 20);
        for (int i = 0; i < output.bytes().length; i++) {
          byte expected = greeting[(int) ((position + i) % greeting.length)];
          assertEquals(expected, output.bytes()[i], "at " + (position + i) + " of the log");
        }
        position = output.nextOffset();
      }
    } finally {
      hypervisor().destroy(spec.id());
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
