package org.hospes.node.app;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;
import org.hospes.node.disk.GuestVolumes;
import org.hospes.node.hypervisor.Capabilities;
import org.hospes.node.libvirt.LibvirtSettings.Driver;
import org.hospes.node.sandbox.DisksTaken;
import org.hospes.node.sandbox.NodeLimits;
import org.hospes.node.sandbox.VolumesTaken;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a node offers to guests: as its operator says, or else as the machine is. */
final class NodeCapacity {
  private static final Logger LOG = LoggerFactory.getLogger(NodeCapacity.class);

  private NodeCapacity() {}

  static NodeLimits of(NodeSettings settings, Capabilities machine, Optional<GuestVolumes> volumes)
      throws IOException {
    // The same file system holds the journal and, unless told otherwise, the images.
    long disk = Files.getFileStore(settings.stateDirectory()).getTotalSpace();
    long forImages = Math.min(settings.cacheBytes(), disk / 2);
    return new NodeLimits(
        settings.cpus().orElse(machine.cpus()),
        memory(settings, machine),
        volumes.isPresent()
            ? NodeVolumes.offeredBytes(settings, volumes.get())
            : settings.diskBytes().orElse(disk / 10 * 9 - forImages),
        settings.guestCpus(),
        settings.guestMemoryBytes(),
        settings.guestScratchBytes(),
        settings.guestDiskBytes(),
        settings.guestSnapshots(),
        volumes.map(VolumesTaken::new).map(DisksTaken.class::cast).orElse(DisksTaken.AS_FILES));
  }

  /** On Xen guests cannot share what there is not: a promise beyond it would fail at the start. */
  private static long memory(NodeSettings settings, Capabilities machine) {
    long wanted = settings.memoryBytes().orElse(machine.memoryBytes() / 8 * 7);
    if (settings.hypervisor().driver() != Driver.XEN || wanted <= machine.memoryBytes()) {
      return wanted;
    }
    LOG.warn(
        "capacity.memory is {}, but Xen has {} for guests; that is what this node offers",
        wanted,
        machine.memoryBytes());
    return machine.memoryBytes();
  }
}
