package org.hospes.node.hypervisor;

import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The console of a guest that writes back what is typed, a piece a time. */
public final class EchoingConsole implements ConsoleLine {
  private static final long WAIT_MILLIS = 100;
  private static final int ROOM = 64;

  private final BlockingQueue<byte[]> echo = new ArrayBlockingQueue<>(ROOM);
  private final BooleanSupplier alive;
  private volatile boolean closed;

  /**
   * @param alive whether the guest is there
   */
  public EchoingConsole(BooleanSupplier alive) {
    this.alive = alive;
  }

  @Override
  public int read(byte[] into) throws IOException {
    byte[] piece = waiting(() -> echo.poll(WAIT_MILLIS, TimeUnit.MILLISECONDS));
    if (piece == null) {
      return closed || !alive.getAsBoolean() ? -1 : 0;
    }
    System.arraycopy(piece, 0, into, 0, piece.length);
    return piece.length;
  }

  @Override
  public int type(byte[] bytes, int offset, int length) throws IOException {
    if (closed || !alive.getAsBoolean()) {
      return -1;
    }
    byte[] piece = Arrays.copyOfRange(bytes, offset, offset + Math.min(length, 1024));
    boolean taken = waiting(() -> echo.offer(piece, WAIT_MILLIS, TimeUnit.MILLISECONDS));
    return taken ? piece.length : 0;
  }

  private static <T> T waiting(Callable<T> work) throws IOException {
    try {
      return work.call();
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
