package org.hospes.client.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.hospes.client.Failure.Exit;
import org.hospes.wire.security.RawConnection;

/**
 * Standard input and output on a guest's console. Ends when the person leaves, when the site says
 * that it is over, or, where a pipe is typed from, once that has ended and nothing moved for a
 * while: a guest does not say when a command is done.
 */
final class Attachment {
  /** Ctrl-], as telnet and virsh have it. */
  static final int LEAVE = 0x1d;

  private static final int PIECE = 16 << 10;

  private final RawConnection connection;
  private final InputStream in;
  private final PrintStream out;
  private final boolean personTypes;
  private final Duration quiet;
  private final LongSupplier nanos;
  private final Pause pause;
  private volatile long moved;
  private volatile boolean left;

  /** Whoever reads standard output takes their time over something: that is not quiet. */
  private volatile boolean showing;

  /** Lets so many nanoseconds pass. */
  interface Pause {
    void last(long nanos) throws InterruptedException;
  }

  /**
   * @param quiet how long nothing may move after the input ended
   */
  Attachment(RawConnection connection, Surroundings around, Duration quiet) {
    this(connection, around, quiet, System::nanoTime, TimeUnit.NANOSECONDS::sleep);
  }

  Attachment(
      RawConnection connection,
      Surroundings around,
      Duration quiet,
      LongSupplier nanos,
      Pause pause) {
    this.connection = connection;
    this.in = around.in();
    this.out = around.out();
    this.personTypes = around.personTypes();
    this.quiet = quiet;
    this.nanos = nanos;
    this.pause = pause;
    this.moved = nanos.getAsLong();
  }

  /**
   * Stays until the end.
   *
   * @throws IOException when the connection broke: what was shown need not be all
   */
  Exit run() throws IOException {
    Thread typing = new Thread(this::type, "typing");
    typing.setDaemon(true);
    typing.start();
    byte[] piece = new byte[PIECE];
    try {
      for (int n = connection.read(piece); n >= 0 && !left; n = connection.read(piece)) {
        showing = true;
        out.write(piece, 0, n);
        out.flush();
        moved = nanos.getAsLong();
        showing = false;
        if (out.checkError()) {
          // Whoever read it is gone, as head(1) is after ten lines.
          break;
        }
      }
    } catch (IOException e) {
      if (!left) {
        throw e;
      }
    } finally {
      connection.close();
    }
    return Exit.DONE;
  }

  private void type() {
    byte[] piece = new byte[PIECE];
    try {
      for (int n = next(piece); n >= 0; n = next(piece)) {
        int typed = personTypes ? before(piece, n) : n;
        connection.write(piece, 0, typed);
        moved = nanos.getAsLong();
        if (typed < n) {
          leave();
          return;
        }
      }
      awaitQuiet();
      leave();
    } catch (IOException e) {
      // Whoever reads from the connection is told how it ended.
      return;
    } catch (InterruptedException e) {
      leave();
    }
  }

  /** A terminal that was hung up has no more to say, like a pipe that ended. */
  private int next(byte[] piece) {
    try {
      return in.read(piece);
    } catch (IOException e) {
      return -1;
    }
  }

  /** How much of it stands before the key that leaves. */
  private static int before(byte[] piece, int length) {
    for (int i = 0; i < length; i++) {
      if (piece[i] == LEAVE) {
        return i;
      }
    }
    return length;
  }

  private void awaitQuiet() throws InterruptedException {
    long wait = quiet.toNanos();
    while (wait > 0) {
      pause.last(wait);
      wait = showing ? quiet.toNanos() : quiet.toNanos() - (nanos.getAsLong() - moved);
    }
  }

  private void leave() {
    left = true;
    connection.close();
  }
}
