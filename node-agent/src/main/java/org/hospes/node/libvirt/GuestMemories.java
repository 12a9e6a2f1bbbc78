package org.hospes.node.libvirt;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.hospes.node.hypervisor.GuestState;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.hospes.node.libvirt.LibvirtSettings.Driver;

/** Writes guests' memories into files: while the guest runs on, where that can be. */
record GuestMemories(Driver driver, LibvirtConnection connection, Optional<XenStandstill> live) {

  void save(UUID id, Path memory) throws HypervisorException {
    String doing = "save the memory of guest " + id;
    FoundDomain found = connection.call(doing, connect -> FoundDomain.existing(connect, id));
    // One that is paused does not help to be saved; libvirt says so.
    if (live.isEmpty() || found.state() != GuestState.RUNNING) {
      connection.call(
          doing,
          connect -> {
            FoundDomain.on(connect, id, domain -> domain.save(memory.toString()));
            return null;
          });
      return;
    }
    String document = connection.call(doing, connect -> FoundDomain.document(connect, id));
    live.get().save(id, found.number(), document, memory, () -> end(doing, id));
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
