package org.hospes.node.libvirt;

import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.hospes.node.hypervisor.GuestEnd;
import org.hospes.node.libvirt.LibvirtSettings.Driver;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;
import org.libvirt.event.DomainEvent;
import org.libvirt.event.DomainEventType;
import org.libvirt.event.StoppedDetail;
import org.libvirt.jna.ConnectionPointer;
import org.libvirt.jna.DomainPointer;
import org.libvirt.jna.Libvirt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens how domains end, on a connection of its own that is opened again when it is lost. What
 * happened meanwhile nobody tells. Libvirt's own events tell a crash from a stop; they say the same
 * of a power-off and of a reboot that ends the domain. Of QEMU's events, which libvirt passes on,
 * the reason of SHUTDOWN tells these two apart; libvirt's Xen driver has nothing that does.
 */
final class Endings implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Endings.class);
  private static final int MOST = 4096;
  private static final long LOOK_MILLIS = 1_000;
  private static final long NEWS_MILLIS = 2_000;

  /** Xen shows a domain as off seconds before it has torn it down, and tells only then. */
  private static final long NEWS_OF_XEN_MILLIS = 20_000;

  private static final int KEEP_ALIVE_SECONDS = 5;
  private static final int UUID_BYTES = 37;

  /** Part of libvirt's library for QEMU that libvirt-java does not bind. */
  interface QemuEvents extends Library {
    int virConnectDomainQemuMonitorEventRegister(
        ConnectionPointer connection,
        DomainPointer domain,
        String event,
        OnEvent callback,
        Pointer opaque,
        Pointer freed,
        int flags);
  }

  /** {@code virConnectDomainQemuMonitorEventCallback}. */
  interface OnEvent extends Callback {
    void event(
        ConnectionPointer connection,
        DomainPointer domain,
        String event,
        long seconds,
        int micros,
        String details,
        Pointer opaque);
  }

  private static final class Ending {
    GuestEnd how = GuestEnd.UNSEEN;
    boolean over;
  }

  private final String uri;
  private final boolean qemu;
  private final Thread listener = new Thread(this::listen, "libvirt-endings");
  private final Map<String, Ending> endings =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Ending> eldest) {
          return size() > MOST;
        }
      };
  // Native code holds it and does not keep it.
  private final OnEvent onShutdown = this::shutDown;
  private boolean listening;
  private volatile boolean closed;

  /** Begins to listen; a driver that runs nothing has nothing to tell. */
  Endings(LibvirtSettings settings) {
    this.uri = settings.uri();
    this.qemu = settings.driver() == Driver.QEMU;
    if (settings.driver() != Driver.TEST) {
      listener.setDaemon(true);
      listener.start();
    }
  }

  /** A new domain of this id is about to be: what was told is of an earlier one. */
  synchronized void forget(UUID id) {
    endings.remove(id.toString());
  }

  /** Somebody saw that it ended, and how; libvirt need not have. */
  synchronized void saw(UUID id, GuestEnd how) {
    Ending ending = endings.computeIfAbsent(id.toString(), unused -> new Ending());
    if (ending.how == GuestEnd.UNSEEN) {
      ending.how = how;
    }
    ending.over = true;
    notifyAll();
  }

  /** How the last domain of this id ended. Waits a little for news that is on its way. */
  synchronized GuestEnd of(UUID id) {
    long patience = qemu ? NEWS_MILLIS : NEWS_OF_XEN_MILLIS;
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patience);
    try {
      while (listening && !heard(id) && System.nanoTime() < end) {
        TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, end - System.nanoTime()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return heard(id) ? endings.get(id.toString()).how : GuestEnd.UNSEEN;
  }

  private boolean heard(UUID id) {
    return Optional.ofNullable(endings.get(id.toString())).filter(e -> e.over).isPresent();
  }

  private void listen() {
    while (!closed) {
      try {
        EventLoop.start();
        OpenConnect line = new OpenConnect(uri);
        try {
          line.setKeepAlive(KEEP_ALIVE_SECONDS, 2);
          line.addLifecycleListener(this::changed);
          listenForReboots(line);
          listens(true);
          while (!closed && line.isAlive()) {
            Thread.sleep(LOOK_MILLIS);
          }
        } finally {
          listens(false);
          line.close();
        }
      } catch (LibvirtException e) {
        log.debug("nobody tells how guests end: {}", e.getMessage());
      } catch (InterruptedException e) {
        return;
      }
      if (!closed) {
        try {
          Thread.sleep(LOOK_MILLIS);
        } catch (InterruptedException e) {
          return;
        }
      }
    }
  }

  private void listenForReboots(OpenConnect line) {
    if (!qemu) {
      return;
    }
    try {
      QemuEvents events = Native.load("virt-qemu", QemuEvents.class);
      int id =
          events.virConnectDomainQemuMonitorEventRegister(
              line.pointer(), null, "SHUTDOWN", onShutdown, null, null, 0);
      if (id < 0) {
        log.warn("a guest that reboots itself is taken for one that powers itself off here");
      }
    } catch (UnsatisfiedLinkError e) {
      log.warn(
          "a guest that reboots itself is taken for one that powers itself off: no libvirt-qemu"
              + " library: {}",
          e.getMessage());
    }
  }

  private synchronized void listens(boolean now) {
    listening = now;
    notifyAll();
  }

  private int changed(Domain domain, DomainEvent event) {
    try {
      if (event.getType() == DomainEventType.STOPPED) {
        StoppedDetail detail = event.getDetail();
        over(domain.getUUIDString(), detail);
      }
    } catch (LibvirtException e) {
      log.debug("an end of which the domain is not told: {}", e.getMessage());
    }
    return 0;
  }

  private synchronized void over(String uuid, StoppedDetail detail) {
    Ending ending = endings.computeIfAbsent(uuid, id -> new Ending());
    if (detail == StoppedDetail.CRASHED) {
      ending.how = GuestEnd.CRASHED;
    } else if (detail == StoppedDetail.SHUTDOWN && ending.how == GuestEnd.UNSEEN) {
      ending.how = GuestEnd.POWERED_OFF;
    }
    ending.over = true;
    notifyAll();
  }

  private void shutDown(
      ConnectionPointer connection,
      DomainPointer domain,
      String event,
      long seconds,
      int micros,
      String details,
      Pointer opaque) {
    if (details == null || !details.contains("\"guest-reset\"")) {
      return;
    }
    byte[] uuid = new byte[UUID_BYTES];
    if (Libvirt.INSTANCE.virDomainGetUUIDString(domain, uuid) == 0) {
      rebooted(Native.toString(uuid));
    }
  }

  private synchronized void rebooted(String uuid) {
    endings.computeIfAbsent(uuid, id -> new Ending()).how = GuestEnd.REBOOTED;
  }

  @Override
  public void close() {
    closed = true;
    listener.interrupt();
  }
}
