package org.hospes.node.app;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.stream.Stream;
import org.hospes.node.hypervisor.GuestStatus;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.libvirt.LibvirtGuestBridge;
import org.hospes.node.libvirt.LibvirtHypervisor;
import org.hospes.node.network.GuestNetwork;
import org.hospes.node.network.NatNetwork;
import org.hospes.node.network.NetworkRefusedException;

/**
 * Takes everything of Hospes off a node that leaves the site: guests, their disks, the network, the
 * rules, the journal. The image cache and the audit log stay.
 */
final class Cleanup {
  private Cleanup() {}

  /**
   * Cleans up; the agent must not be running. Does what it can before it fails.
   *
   * @return what was done, one line each
   */
  static List<String> run(NodeSettings settings)
      throws IOException, HypervisorException, NetworkRefusedException {
    Stream.Builder<String> done = Stream.builder();
    try (StateLock lock = StateLock.take(settings.stateDirectory())) {
      try (Hypervisor hypervisor =
          LibvirtHypervisor.open(settings.hypervisor(), Clock.systemUTC())) {
        for (GuestStatus guest : hypervisor.list()) {
          hypervisor.destroy(guest.id());
          done.add("destroyed " + guest.name());
        }
      }
      try (LibvirtGuestBridge bridge = new LibvirtGuestBridge(settings.hypervisor().uri());
          GuestNetwork network = NatNetwork.open(settings.network(), bridge)) {
        network.dismantle();
        done.add("took down the network " + settings.network().bridge() + " and its rules");
      }
      for (String volume : NodeVolumes.removeAll(settings)) {
        done.add("removed volume " + volume);
      }
      for (String name : List.of("guests", "journal", "network", "volumes", "volume-group")) {
        Path folder = settings.stateDirectory().resolve(name);
        if (delete(folder)) {
          done.add("deleted " + folder);
        }
      }
      Files.deleteIfExists(settings.stateDirectory().resolve(NodeAgent.SERVICE_FILE));
    }
    return done.build().toList();
  }

  private static boolean delete(Path path) throws IOException {
    if (Files.isDirectory(path) && !Files.isSymbolicLink(path)) {
      try (DirectoryStream<Path> inside = Files.newDirectoryStream(path)) {
        for (Path one : inside) {
          delete(one);
        }
      }
    }
    return Files.deleteIfExists(path);
  }
}
