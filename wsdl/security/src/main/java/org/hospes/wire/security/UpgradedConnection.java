package org.hospes.wire.security;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server's end of a {@link RawConnection}. Whoever reads or writes waits on a thread of its own;
 * the server's threads only wake it.
 */
final class UpgradedConnection extends AbstractConnection implements Connection.UpgradeTo {
  private static final Logger LOG = LoggerFactory.getLogger(UpgradedConnection.class);

  /** So long the other side may take to read the last bytes before its connection is closed. */
  private static final long LINGER_MILLIS = 5000;

  private final Scheduler scheduler;
  private final Duration stall;
  private final Upgrades.Taker taker;
  private final AtomicBoolean told = new AtomicBoolean();
  private ByteBuffer early = BufferUtil.EMPTY_BUFFER;

  /** Wakes the thread that waits for it, and needs no thread of its own. */
  private static final class Turn extends CompletableFuture<Void> implements Callback {
    @Override
    public void succeeded() {
      complete(null);
    }

    @Override
    public void failed(Throwable cause) {
      completeExceptionally(cause);
    }

    @Override
    public InvocationType getInvocationType() {
      return InvocationType.NON_BLOCKING;
    }
  }

  UpgradedConnection(
      EndPoint endPoint,
      Executor executor,
      Scheduler scheduler,
      Duration stall,
      Upgrades.Taker taker) {
    super(endPoint, executor);
    this.scheduler = scheduler;
    this.stall = stall;
    this.taker = taker;
  }

  /** Bytes that came right behind the request. */
  @Override
  public void onUpgradeTo(ByteBuffer buffer) {
    early = BufferUtil.copy(buffer);
    BufferUtil.clear(buffer);
  }

  @Override
  public void onOpen() {
    super.onOpen();
    getEndPoint().setIdleTimeout(0);
    SocketOptions.noticeVanishedPeers((SocketChannel) socket().getTransport());
    if (told.compareAndSet(false, true)) {
      taker.opened(new Raw());
    }
  }

  /** Nothing more will come of the request that was to become this connection. */
  void requestEnded() {
    if (told.compareAndSet(false, true)) {
      taker.abandoned();
    }
  }

  /** Nobody asks the server to say when there is something to read. */
  @Override
  public void onFillable() {
    throw new IllegalStateException("bytes are read by whoever took the connection");
  }

  private EndPoint socket() {
    return getEndPoint() instanceof SslConnection.SslEndPoint tls
        ? tls.getSslConnection().getEndPoint()
        : getEndPoint();
  }

  private final class Raw implements RawConnection {
    private volatile boolean closed;

    @Override
    public int read(byte[] into) throws IOException {
      if (BufferUtil.hasContent(early)) {
        int n = Math.min(into.length, early.remaining());
        early.get(into, 0, n);
        return n;
      }
      ByteBuffer buffer = ByteBuffer.wrap(into);
      while (true) {
        BufferUtil.clear(buffer);
        int n = getEndPoint().fill(buffer);
        if (n < 0) {
          return -1;
        }
        if (n > 0 && !closed) {
          return n;
        }
        if (n == 0) {
          Turn turn = new Turn();
          getEndPoint().fillInterested(turn);
          // Who closes tells only those who wait already; for one who came late nobody does.
          if (!socket().isOpen()) {
            turn.failed(new ClosedChannelException());
          }
          await(turn, 0);
        }
      }
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      Turn turn = new Turn();
      getEndPoint().write(turn, ByteBuffer.wrap(bytes, offset, length));
      await(turn, stall.toMillis());
    }

    private void await(Turn turn, long millis) throws IOException {
      try {
        if (millis > 0) {
          turn.get(millis, TimeUnit.MILLISECONDS);
        } else {
          turn.get();
        }
      } catch (ExecutionException e) {
        throw new IOException("the connection broke: " + e.getCause().getMessage(), e.getCause());
      } catch (TimeoutException e) {
        closed = true;
        socket().close();
        throw new IOException("the other side did not read for " + stall.toSeconds() + " s", e);
      } catch (InterruptedException e) {
        closed = true;
        socket().close();
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }

    @Override
    public void close() {
      end(getEndPoint());
    }

    @Override
    public void abort() {
      end(socket());
    }

    /**
     * The other side reads to the end and closes; were it closed here at once, what it sent
     * meanwhile would have the kernel throw away what it did not read yet.
     */
    private void end(EndPoint last) {
      if (closed) {
        return;
      }
      closed = true;
      try {
        last.shutdownOutput();
        scheduler.schedule(() -> socket().close(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
      } catch (RuntimeException e) {
        LOG.debug("closing: {}", e.toString());
        socket().close();
      }
    }
  }
}
