package org.hospes.node.libvirt;

import java.util.Map;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.libvirt.Connect;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection that comes back: work that finds it dead is done again, once, on a new one. So work
 * must be whole: safe to repeat from its beginning whatever of it was done. Any number of threads
 * may work on it at once; a dead connection is closed when the last of them has left it.
 */
final class LibvirtConnection implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LibvirtConnection.class);

  /** Seconds between two signs of life, and how many may be missed: a daemon that hangs is dead. */
  private static final int KEEP_ALIVE_SECONDS = 5;

  private static final int KEEP_ALIVE_MISSES = 6;

  /** Something to do with an open connection. */
  interface Work<T> {
    T on(Connect connect) throws LibvirtException, HypervisorException;
  }

  private static final class Session {
    final Connect connect;
    int users;
    boolean retired;

    Session(Connect connect) {
      this.connect = connect;
    }
  }

  private final String uri;
  private final Object lock = new Object();
  private Session current;
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
      Session session = enter(doing);
      try {
        return work.on(session.connect);
      } catch (LibvirtException e) {
        if (isAlive(session.connect)) {
          throw LibvirtErrors.translate(doing, e);
        }
        log.warn("the connection to {} was lost while asked to {}: {}", uri, doing, e.getMessage());
        retire(session);
        lost = e;
      } finally {
        leave(session);
      }
    }
    throw unreachable(doing, lost);
  }

  private Session enter(String doing) throws HypervisorException {
    synchronized (lock) {
      if (closed) {
        throw new IllegalStateException("the hypervisor's connection was closed");
      }
      if (current != null && !isAlive(current.connect)) {
        retire(current);
      }
      if (current == null) {
        current = open(doing);
      }
      current.users++;
      return current;
    }
  }

  private Session open(String doing) throws HypervisorException {
    try {
      EventLoop.start();
      Connect connect = new Connect(uri);
      keepAlive(connect);
      log.info("connected to hypervisor={}", uri);
      return new Session(connect);
    } catch (LibvirtException e) {
      throw unreachable(doing, e);
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

  private HypervisorException unreachable(String doing, LibvirtException e) {
    return new HypervisorException(
        Kind.UNREACHABLE,
        "cannot " + doing + ": libvirt does not answer at " + uri + ": " + e.getMessage(),
        Map.of("doing", doing, "uri", uri, "libvirt.message", String.valueOf(e.getMessage())),
        e);
  }

  private void retire(Session session) {
    synchronized (lock) {
      session.retired = true;
      if (current == session) {
        current = null;
      }
      closeIfLeft(session);
    }
  }

  private void leave(Session session) {
    synchronized (lock) {
      session.users--;
      closeIfLeft(session);
    }
  }

  private static void closeIfLeft(Session session) {
    if (!session.retired || session.users > 0) {
      return;
    }
    try {
      session.connect.close();
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

  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      if (current != null) {
        retire(current);
      }
    }
  }
}
