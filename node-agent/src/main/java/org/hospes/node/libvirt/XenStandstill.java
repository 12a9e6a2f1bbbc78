package org.hospes.node.libvirt;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.hospes.node.hypervisor.GuestEnd;
import org.hospes.node.hypervisor.GuestState;
import org.hospes.node.hypervisor.GuestStatus;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Saves guests while they run, and finds those that stand still though libvirt takes them for
 * running. Libvirt knows nothing of such a save: a guest that suspended itself for one is running
 * to it, and of one that was let go on afterwards it does not hear when it powers itself off, since
 * Xen's library tells it of a domain's shutdown only once.
 *
 * <p>So Xen is asked whenever somebody looks: a guest that stands still while nobody saves it is
 * let go on, and one that has ended is told as such. Thread-safe.
 */
final class XenStandstill {
  private static final Logger log = LoggerFactory.getLogger(XenStandstill.class);
  private static final int MOST = 4096;
  private static final int POWERED_OFF = 0;
  private static final int REBOOTED = 1;

  private final XenLiveSave saver;
  private final XenDomains domains;
  private final Endings endings;
  private final Set<UUID> saving = ConcurrentHashMap.newKeySet();
  private final Object mending = new Object();
  private final Map<UUID, Instant> stood =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<UUID, Instant> eldest) {
          return size() > MOST;
        }
      };

  /** Something that ends a domain. */
  interface End {
    void now() throws HypervisorException;
  }

  XenStandstill(XenLiveSave saver, XenDomains domains, Endings endings) {
    this.saver = saver;
    this.domains = domains;
    this.endings = endings;
  }

  /**
   * Writes the memory of a running guest and ends it.
   *
   * @param number Xen's of its domain
   * @param document libvirt's of it
   * @param abandoned true once nobody needs it any more
   */
  void save(UUID id, int number, String document, Path memory, BooleanSupplier abandoned, End end)
      throws HypervisorException {
    synchronized (mending) {
      if (!saving.add(id)) {
        throw new HypervisorException(Kind.CONFLICT, "guest " + id + " is being saved already");
      }
    }
    try {
      Optional<Instant> since = saver.write(number, memory, document, abandoned);
      synchronized (stood) {
        stood.remove(id);
        since.ifPresent(at -> stood.put(id, at));
      }
      log.info(
          "workspace={} memory saved while it ran, it stands still since={}",
          id,
          since.map(Instant::toString).orElse("unseen"));
      // Until here nobody may take it for one that was left standing.
      end.now();
      saver.ended(number);
    } finally {
      saving.remove(id);
    }
  }

  Optional<Instant> stoodStill(UUID id) {
    synchronized (stood) {
      return Optional.ofNullable(stood.get(id));
    }
  }

  /** These guests as they are once Xen was asked, too. */
  List<GuestStatus> asXenHasThem(List<GuestStatus> guests) throws HypervisorException {
    if (guests.stream().noneMatch(this::mayStandStill)) {
      return guests;
    }
    List<XenDomains.Listed> all = domains.all();
    List<GuestStatus> found = new ArrayList<>();
    for (GuestStatus guest : guests) {
      found.add(mayStandStill(guest) ? judged(guest, standing(all, guest.id())) : guest);
    }
    return List.copyOf(found);
  }

  private boolean mayStandStill(GuestStatus guest) {
    return guest.state() == GuestState.RUNNING && !saving.contains(guest.id());
  }

  private static Optional<XenDomains.Listed> standing(List<XenDomains.Listed> all, UUID id) {
    return all.stream().filter(d -> d.is(id) && d.shutdown().isPresent()).findFirst();
  }

  private GuestStatus judged(GuestStatus guest, Optional<XenDomains.Listed> standing)
      throws HypervisorException {
    if (standing.isEmpty()) {
      return guest;
    }
    int why = standing.get().shutdown().getAsInt();
    if (why == XenDomains.Listed.SUSPENDED) {
      letGoOn(guest.id());
      return guest;
    }
    endings.saw(
        guest.id(),
        why == POWERED_OFF || why == REBOOTED ? GuestEnd.POWERED_OFF : GuestEnd.CRASHED);
    return new GuestStatus(
        guest.id(), guest.name(), GuestState.ENDED, guest.devices(), guest.metadata());
  }

  private void letGoOn(UUID id) throws HypervisorException {
    // Seconds, if ever: a host has not many that were cut off in the middle of a save.
    synchronized (mending) {
      Optional<XenDomains.Listed> left = suspended(id);
      if (left.isEmpty() || saving.contains(id)) {
        return;
      }
      log.warn("workspace={} stands still, and nobody saves it; letting it go on", id);
      saver.letGoOn(left.get().number());
      if (suspended(id).isPresent()) {
        throw new HypervisorException(
            Kind.FAILED,
            "guest "
                + id
                + " stands still in Xen, left so by a save that was cut off, and cannot be let go"
                + " on; virsh destroy ends it",
            Map.of("guest", id.toString()),
            null);
      }
    }
  }

  private Optional<XenDomains.Listed> suspended(UUID id) throws HypervisorException {
    return standing(domains.of(id), id)
        .filter(d -> d.shutdown().getAsInt() == XenDomains.Listed.SUSPENDED);
  }
}
