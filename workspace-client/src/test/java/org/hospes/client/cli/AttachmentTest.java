package org.hospes.client.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.hospes.client.Failure.Exit;
import org.hospes.wire.security.RawConnection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Standard input and output on a console that the test plays. */
@Timeout(120)
class AttachmentTest {
  private static final byte[] CUT = {};

  @TempDir Path home;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final Played site = new Played();
  private final AtomicLong time = new AtomicLong();

  /** The site's end: what was typed, and what comes. */
  private static final class Played implements RawConnection {
    final ByteArrayOutputStream typed = new ByteArrayOutputStream();
    final BlockingQueue<byte[]> coming = new LinkedBlockingQueue<>();
    final CountDownLatch closed = new CountDownLatch(1);
    volatile boolean echoes;

    void say(String text) {
      coming.add(text.getBytes(UTF_8));
    }

    @Override
    public int read(byte[] into) throws IOException {
      try {
        byte[] piece = coming.take();
        if (piece == CUT) {
          throw new IOException("the server went away without a word");
        }
        System.arraycopy(piece, 0, into, 0, piece.length);
        return piece.length == 0 ? -1 : piece.length;
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
      typed.write(bytes, offset, length);
      if (echoes && length > 0) {
        say(new String(bytes, offset, length, UTF_8));
      }
    }

    @Override
    public void close() {
      closed.countDown();
      coming.add(new byte[0]);
    }

    @Override
    public void abort() {
      close();
    }

    synchronized String typed() {
      return typed.toString(UTF_8);
    }
  }

  private Surroundings around(InputStream in, OutputStream to, boolean personTypes) {
    return new Surroundings(
        Map.of(),
        home,
        in,
        new PrintStream(to, true, UTF_8),
        System.err,
        personTypes,
        false,
        false,
        Clock.systemUTC());
  }

  private Exit attached(InputStream in, boolean personTypes, Duration quiet) throws IOException {
    return new Attachment(site, around(in, out, personTypes), quiet).run();
  }

  private static InputStream of(String text) {
    return new ByteArrayInputStream(text.getBytes(UTF_8));
  }

  @Test
  void aPipeIsTypedAsItIsAndWhatComesOfItIsAwaited() throws Exception {
    site.echoes = true;
    // No time passes before all came, however long that takes.
    Attachment attachment =
        new Attachment(
            site,
            around(of("ls\n\u001dls\n"), out, false),
            Duration.ofMillis(300),
            time::get,
            nanos -> {
              while (out.size() < "ls\n\u001dls\n".length()) {
                Thread.sleep(2);
              }
              time.addAndGet(nanos);
            });
    assertEquals(Exit.DONE, attachment.run());
    assertEquals("ls\n\u001dls\n", site.typed());
    assertEquals("ls\n\u001dls\n", out.toString(UTF_8));
  }

  @Test
  void aPersonLeavesWithControlBracketAndTheRestIsNotTyped() throws Exception {
    // Nothing more comes, and no end either: only the key can end it.
    PipedOutputStream keys = new PipedOutputStream();
    InputStream in = new PipedInputStream(keys);
    keys.write("top\r\u0003\u001dq".getBytes(UTF_8));
    assertEquals(Exit.DONE, attached(in, true, Duration.ofHours(1)));
    assertEquals("top\r\u0003", site.typed());
    assertEquals(0, site.closed.getCount());
  }

  @Test
  void theSitesEndIsTheEndAndABrokenConnectionIsNone() throws Exception {
    PipedInputStream silent = new PipedInputStream(new PipedOutputStream());
    site.say("[console: the guest's console ended]\r\n");
    site.coming.add(new byte[0]);
    assertEquals(Exit.DONE, attached(silent, true, Duration.ofHours(1)));
    assertTrue(out.toString(UTF_8).contains("console ended"));
    site.coming.clear();
    site.coming.add(CUT);
    assertThrows(IOException.class, () -> attached(silent, true, Duration.ofHours(1)));
  }

  @Test
  void aReaderThatTakesItsTimeIsNotTakenForQuiet() throws Exception {
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    OutputStream slow =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            reading.countDown();
            try {
              go.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
            out.write(bytes, offset, length);
          }
        };
    site.say("first ");
    site.say("second");
    AtomicInteger quiets = new AtomicInteger();
    Attachment attachment =
        new Attachment(
            site,
            around(of(""), slow, false),
            Duration.ofMillis(100),
            time::get,
            nanos -> {
              reading.await();
              if (quiets.incrementAndGet() > 8) {
                // Far longer than quiet would have to be.
                go.countDown();
                while (out.size() < "first second".length()) {
                  Thread.sleep(2);
                }
              }
              time.addAndGet(nanos);
            });
    assertEquals(Exit.DONE, attachment.run());
    assertEquals("first second", out.toString(UTF_8));
    assertTrue(quiets.get() > 8, "it left in the middle of it");
  }

  @Test
  void whatDoesNotGoTogetherIsWrongUsage() {
    for (String other : new String[] {"--follow", "--raw", "--offset=5"}) {
      assertEquals(2, TypedCommand.type(Map.of(), home, "console", "w", "--attach", other).exit());
    }
    assertEquals(2, TypedCommand.type(Map.of(), home, "console", "w", "--force").exit());
    assertEquals(
        2, TypedCommand.type(Map.of(), home, "console", "w", "--attach", "--linger", "x").exit());
  }
}
