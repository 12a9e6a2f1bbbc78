package org.hospes.node.endpoint;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Output that waits for its reader: in order, bounded, and honest about what was dropped. */
@Timeout(60)
class BacklogTest {
  private final Backlog backlog = new Backlog(10);

  private void put(String text) {
    backlog.put(text.getBytes(US_ASCII), text.length());
  }

  private String take(int most) throws InterruptedException {
    byte[] taken = backlog.take(most);
    return taken == null ? null : new String(taken, US_ASCII);
  }

  @Test
  void whatWasPutIsTakenInOrderAroundTheEndOfItsMemory() throws Exception {
    put("abcdefg");
    assertEquals("abcd", take(4));
    put("hijklmn");
    assertEquals("efghijklmn", take(64));
    put("o");
    backlog.end();
    assertEquals("o", take(64));
    assertNull(take(64));
  }

  @Test
  void theOldestIsDroppedAndToldFirst() throws Exception {
    put("abcdefgh");
    put("ijklm");
    assertTrue(take(64).contains("[console: 3 bytes were too fast"), "told");
    assertEquals("defghijklm", take(64));
    put("0123456789ABCDEFGHIJ");
    assertTrue(take(64).contains("[console: 10 bytes were too fast"), "told");
    assertEquals("ABCDEFGHIJ", take(64));
    put("x");
    put("0123456789ABCDE");
    backlog.end();
    assertTrue(take(64).contains("[console: 6 bytes were too fast"), "told");
    assertEquals("56789ABCDE", take(64));
    assertNull(take(64));
  }

  @Test
  void betweenTwoThreadsNothingIsLostThatWasNotToldOf() throws Exception {
    Backlog wide = new Backlog(1000);
    byte[] all = new byte[200_000];
    new Random(3).nextBytes(all);
    Thread putting =
        new Thread(
            () -> {
              for (int at = 0; at < all.length; ) {
                int n = Math.min(all.length - at, 1 + at % 700);
                byte[] piece = new byte[n];
                System.arraycopy(all, at, piece, 0, n);
                wide.put(piece, n);
                at += n;
              }
              wide.end();
            });
    putting.start();
    ByteArrayOutputStream taken = new ByteArrayOutputStream();
    long dropped = 0;
    for (byte[] piece = wide.take(300); piece != null; piece = wide.take(300)) {
      String text = new String(piece, US_ASCII);
      if (text.startsWith("\r\n[console: ") && text.contains("too fast")) {
        dropped += Long.parseLong(text.replaceAll("\\D+", ""));
      } else {
        taken.write(piece);
      }
    }
    putting.join();
    assertEquals(all.length, taken.size() + dropped);
    byte[] last = taken.toByteArray();
    assertEquals(all[all.length - 1], last[last.length - 1]);
  }
}
