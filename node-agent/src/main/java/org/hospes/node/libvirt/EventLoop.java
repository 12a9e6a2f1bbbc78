package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.jna.Pointer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.libvirt.Connect;
import org.libvirt.ErrorCallback;
import org.libvirt.Library;
import org.libvirt.LibvirtException;
import org.libvirt.jna.virError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Libvirt's event loop, which notices connections that died. Libvirt has one per process and wants
 * it before the first connection, so this is the one thing here that a process remembers.
 */
final class EventLoop {
  private static final Logger log = LoggerFactory.getLogger(EventLoop.class);
  private static final long PAUSE_AFTER_FAILURE_MILLIS = 1_000;

  /** Libvirt's own handler prints on stderr what arrives here as an exception anyway. */
  private static final ErrorCallback QUIET =
      new ErrorCallback() {
        @Override
        public void errorCallback(Pointer userData, virError error) {}
      };

  private static final AtomicBoolean RUNNING = new AtomicBoolean();

  private EventLoop() {}

  static synchronized void start() throws LibvirtException {
    if (RUNNING.get()) {
      return;
    }
    // Libvirt's texts are UTF-8. JNA would take the locale's encoding, and a service often has no
    // locale: names of people would lose their letters.
    System.setProperty("jna.encoding", UTF_8.name());
    Library.initEventLoop();
    Connect.setErrorCallback(QUIET);
    Thread thread = new Thread(EventLoop::run, "libvirt-events");
    thread.setDaemon(true);
    thread.start();
    RUNNING.set(true);
  }

  private static void run() {
    while (true) {
      try {
        Library.runEventLoop();
        return;
      } catch (LibvirtException e) {
        log.warn("libvirt's event loop failed and goes on: {}", e.getMessage());
        try {
          Thread.sleep(PAUSE_AFTER_FAILURE_MILLIS);
        } catch (InterruptedException interrupted) {
          return;
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }
}
