package org.hospes.node.libvirt;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.hospes.node.hypervisor.GuestState;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.hospes.node.libvirt.LibvirtSettings.Driver;
import org.libvirt.Connect;
import org.libvirt.Domain;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;

/** Writes guests' memories into files: while the guest runs on, where that can be. */
record GuestMemories(Driver driver, LibvirtConnection connection, Optional<XenStandstill> live) {
  /** {@code VIR_DOMAIN_JOB_NONE}. */
  private static final int NO_JOB = 0;

  void save(UUID id, Path memory, BooleanSupplier abandoned) throws HypervisorException {
    String doing = "save the memory of guest " + id;
    FoundDomain found = connection.call(doing, connect -> FoundDomain.existing(connect, id));
    // One that is paused does not help to be saved; libvirt says so.
    if (live.isEmpty() || found.state() != GuestState.RUNNING) {
      connection.call(
          doing,
          connect -> {
            // Asked anew on each connection: the one that was lost may have begun it.
            if (atWork(connect, id)) {
              throw new HypervisorException(
                  Kind.UNREACHABLE,
                  "libvirt is still at an earlier save of guest " + id,
                  Map.of("guest", id.toString()),
                  null);
            }
            FoundDomain.on(connect, id, domain -> domain.save(memory.toString()));
            return null;
          });
      return;
    }
    String document = connection.call(doing, connect -> FoundDomain.document(connect, id));
    live.get().save(id, found.number(), document, memory, abandoned, () -> end(doing, id));
  }

  /** Libvirtd goes on with what it was told, whatever becomes of who told it. */
  boolean saving(UUID id) throws HypervisorException {
    return connection.call("look for a save of guest " + id, connect -> atWork(connect, id));
  }

  /** Whether libvirt is at something with the domain that takes its time; a save alone does. */
  private static boolean atWork(Connect connect, UUID id) throws LibvirtException {
    try {
      Domain domain = connect.domainLookupByUUIDString(id.toString());
      try {
        return domain.getJobInfo().getType() != NO_JOB;
      } finally {
        domain.free();
      }
    } catch (LibvirtException e) {
      if (LibvirtErrors.isAbsent(e) || LibvirtErrors.isUnsupported(e) || isOver(e)) {
        return false;
      }
      throw e;
    }
  }

  /** A domain that is there and off has no job. */
  private static boolean isOver(LibvirtException e) {
    return LibvirtErrors.number(e) == ErrorNumber.VIR_ERR_OPERATION_INVALID;
  }

  private void end(String doing, UUID id) throws HypervisorException {
    connection.call(
        doing,
        connect -> {
          FoundDomain.destroy(connect, id);
          return null;
        });
  }

  boolean saved(UUID id, Path memory) throws HypervisorException {
    try {
      return SavedMemory.whole(driver, id, memory);
    } catch (IOException e) {
      throw new HypervisorException(
          Kind.FAILED,
          "cannot read the saved memory of guest " + id + ": " + e.getMessage(),
          Map.of("guest", id.toString(), "path", memory.toString()),
          e);
    }
  }
}
