package org.hospes.node.libvirt;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.libvirt.Connect;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections that come back: work that finds its own dead is done again, once, on another. So work
 * must be whole: safe to repeat from its beginning whatever of it was done. Any number of threads
 * may work at once, each on a connection that it has to itself meanwhile: libvirt's client (seen
 * with 9.0.0) breaks the process down when it gives a connection up on which two threads wait.
 *
 * <p>A daemon that hangs, rather than dies, holds nobody for ever. Work under way fails when the
 * daemon missed its signs of life, {@value #NOTICED_SECONDS} seconds after it fell silent. Opening
 * a connection knows no such signs (libvirt agrees on them only at its end), so that is done by a
 * thread of its own, one at most, which may hang as long as the daemon does: callers wait for it
 * until it has taken {@value #OPENING_SECONDS} seconds, and are told {@link Kind#UNREACHABLE} at
 * once from then on. When the daemon comes to itself, the opening ends and work goes on.
 */
final class LibvirtConnection implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LibvirtConnection.class);

  /** Kept open for the next work. */
  private static final int MOST_IDLE = 8;

  /** Seconds between two signs of life, and how many may be missed. */
  private static final int KEEP_ALIVE_SECONDS = 5;

  private static final int KEEP_ALIVE_MISSES = 3;

  static final int NOTICED_SECONDS = KEEP_ALIVE_SECONDS * (KEEP_ALIVE_MISSES + 1);
  static final int OPENING_SECONDS = 20;

  /** Something to do with an open connection, which nobody else uses meanwhile. */
  interface Work<T> {
    T on(OpenConnect connect) throws LibvirtException, HypervisorException;
  }

  /** A connection that is being opened. */
  private static final class Opening extends CompletableFuture<Void> {
    private final long since = System.nanoTime();

    /** Waits until it is open, as long as it may still take. */
    void await() throws ExecutionException, TimeoutException, InterruptedException {
      long left = TimeUnit.SECONDS.toNanos(OPENING_SECONDS) - (System.nanoTime() - since);
      get(Math.max(left, 0), TimeUnit.NANOSECONDS);
    }
  }

  private final String uri;
  private final Object lock = new Object();
  private final Deque<OpenConnect> idle = new ArrayDeque<>();
  private Opening opening;
  private boolean closed;

  LibvirtConnection(String uri) {
    this.uri = uri;
  }

  /**
   * Does the work and answers with its result.
   *
   * @param doing the work in words, for messages
   */
  <T> T call(String doing, Work<T> work) throws HypervisorException {
    LibvirtException lost = null;
    for (int attempt = 0; attempt < 2; attempt++) {
      OpenConnect connect = enter(doing);
      try {
        return work.on(connect);
      } catch (LibvirtException e) {
        if (isAlive(connect)) {
          throw LibvirtErrors.translate(doing, e);
        }
        log.warn("the connection to {} was lost while asked to {}: {}", uri, doing, e.getMessage());
        lost = e;
      } finally {
        leave(connect);
      }
    }
    throw unreachable(doing, lost.getMessage(), lost);
  }

  private OpenConnect enter(String doing) throws HypervisorException {
    while (true) {
      OpenConnect found;
      Opening coming = null;
      synchronized (lock) {
        if (closed) {
          throw new IllegalStateException("the hypervisor's connection was closed");
        }
        found = idle.poll();
        if (found == null) {
          if (opening == null) {
            opening = begin();
          }
          coming = opening;
        }
      }
      if (found == null) {
        await(coming, doing);
      } else if (isAlive(found)) {
        return found;
      } else {
        close(found);
      }
    }
  }

  private void leave(OpenConnect connect) {
    if (!isAlive(connect) || !keep(connect)) {
      close(connect);
    }
  }

  private boolean keep(OpenConnect connect) {
    synchronized (lock) {
      if (closed || idle.size() >= MOST_IDLE) {
        return false;
      }
      idle.push(connect);
      return true;
    }
  }

  private void await(Opening coming, String doing) throws HypervisorException {
    try {
      coming.await();
    } catch (TimeoutException e) {
      throw unreachable(
          doing, "it takes no connection since more than " + OPENING_SECONDS + " s: it hangs", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unreachable(doing, "interrupted while waiting for it", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof LibvirtException cause) {
        throw unreachable(doing, cause.getMessage(), cause);
      }
      // Libvirt's library is not there, or not the one that was expected.
      throw new IllegalStateException("libvirt cannot be used: " + e.getCause(), e.getCause());
    }
  }

  private Opening begin() {
    Opening begun = new Opening();
    Thread thread = new Thread(() -> open(begun), "libvirt-opening");
    thread.setDaemon(true);
    thread.start();
    return begun;
  }

  private void open(Opening begun) {
    try {
      EventLoop.start();
      OpenConnect connect = new OpenConnect(uri);
      keepAlive(connect);
      log.info("connected to hypervisor={}", uri);
      synchronized (lock) {
        opening = null;
      }
      if (!keep(connect)) {
        close(connect);
      }
      begun.complete(null);
    } catch (LibvirtException | RuntimeException | Error e) {
      synchronized (lock) {
        opening = null;
      }
      begun.completeExceptionally(e);
    }
  }

  private static void keepAlive(Connect connect) {
    try {
      connect.setKeepAlive(KEEP_ALIVE_SECONDS, KEEP_ALIVE_MISSES);
    } catch (LibvirtException e) {
      // The test driver lives in this process and cannot go away.
      log.debug("no signs of life from this driver: {}", e.getMessage());
    }
  }

  private HypervisorException unreachable(String doing, String why, Throwable cause) {
    return new HypervisorException(
        Kind.UNREACHABLE,
        "cannot " + doing + ": libvirt does not answer at " + uri + ": " + why,
        Map.of("doing", doing, "uri", uri, "libvirt.message", String.valueOf(why)),
        cause);
  }

  private static void close(Connect connect) {
    try {
      connect.close();
    } catch (LibvirtException e) {
      log.debug("closing a connection: {}", e.getMessage());
    }
  }

  private static boolean isAlive(Connect connect) {
    try {
      return connect.isAlive();
    } catch (LibvirtException e) {
      return false;
    }
  }

  /** Connections that are at work are closed when it is done. */
  @Override
  public void close() {
    List<OpenConnect> last;
    synchronized (lock) {
      closed = true;
      last = List.copyOf(idle);
      idle.clear();
    }
    last.forEach(LibvirtConnection::close);
  }
}
