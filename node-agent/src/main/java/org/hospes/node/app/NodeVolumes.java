package org.hospes.node.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.hospes.node.disk.DiskException;
import org.hospes.node.disk.DiskTools;
import org.hospes.node.disk.GuestVolumes;
import org.hospes.node.disk.VolumeGroup;
import org.hospes.node.hypervisor.Ability;
import org.hospes.node.hypervisor.Capabilities;
import org.hospes.node.journal.FileJournal;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HookName;
import org.hospes.node.journal.SetAside;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The logical volumes of a node whose operator wants guests' disks to be such. */
final class NodeVolumes {
  private static final Logger LOG = LoggerFactory.getLogger(NodeVolumes.class);

  /** In the state directory, while guests' disks are volumes: of which group. */
  private static final String KIND = "volume-group";

  private NodeVolumes() {}

  /**
   * Takes up the volumes that there are; what a killed agent left of guests that the journal does
   * not know is removed.
   *
   * @return empty when disks are files
   * @throws IOException also when there is no such group, and when guests are here whose disks are
   *     of the other kind, or in another group
   */
  static Optional<GuestVolumes> open(NodeSettings settings, FileJournal journal, Clock clock)
      throws IOException {
    requireSameKind(settings, journal);
    Path kind = settings.stateDirectory().resolve(KIND);
    if (settings.disks().group().isEmpty()) {
      Files.deleteIfExists(kind);
      return Optional.empty();
    }
    GuestVolumes volumes = volumes(settings, clock);
    Files.writeString(kind, settings.disks().group().get());
    Set<UUID> known = new HashSet<>();
    journal.all().stream().map(GuestRecord::id).forEach(known::add);
    journal.setAside().stream().map(SetAside::id).forEach(known::add);
    try {
      List<String> unused = volumes.reconcile(known);
    } catch (DiskException e) {
      throw new IOException(e.getMessage(), e);
    }
    LOG.info(
        "guests' disks are volumes of group {}, {} bytes of it, each {}",
        settings.disks().group().get(),
        volumes.usableBytes(),
        volumes.copy() == GuestVolumes.Copy.SNAPSHOT
            ? "a snapshot of its image's"
            : "a whole copy of its image");
    return Optional.of(volumes);
  }

  private static GuestVolumes volumes(NodeSettings settings, Clock clock) throws IOException {
    String group = settings.disks().group().orElseThrow();
    try {
      return GuestVolumes.open(
          VolumeGroup.here(group, VolumeGroup.tagOf(settings.name())),
          settings.disks().copy(),
          DiskTools.usual(),
          settings.stateDirectory().resolve("volumes"),
          clock);
    } catch (DiskException e) {
      throw new IOException(
          "disks.volume-group: expected the LVM volume group '"
              + group
              + "' on this machine ('vgs' lists those that there are), found: "
              + e.getMessage(),
          e);
    }
  }

  /** A guest is not moved from one kind of disk to the other. */
  private static void requireSameKind(NodeSettings settings, FileJournal journal)
      throws IOException {
    Path kind = settings.stateDirectory().resolve(KIND);
    Optional<String> before =
        Files.exists(kind) ? Optional.of(Files.readString(kind).strip()) : Optional.empty();
    List<UUID> here =
        journal.all().stream()
            .filter(record -> record.has(HookName.DISK))
            .map(GuestRecord::id)
            .toList();
    if (!here.isEmpty() && !before.equals(settings.disks().group())) {
      throw new IOException(
          "disks: guests are here whose disks are "
              + told(before)
              + ", and the configuration says "
              + told(settings.disks().group())
              + ": destroy these first, or take the configuration back: "
              + here);
    }
  }

  private static String told(Optional<String> group) {
    return group.map(name -> "volumes of group " + name).orElse("files");
  }

  /** What the hypervisor can do and this kind of disk does not keep it from doing. */
  static Capabilities offered(NodeSettings settings, Capabilities machine) {
    if (settings.disks().group().isEmpty()) {
      return machine;
    }
    EnumSet<Ability> abilities = EnumSet.copyOf(machine.abilities());
    // The overlay travels; a volume holds the image, too.
    abilities.removeAll(Set.of(Ability.MIGRATE, Ability.AHEAD));
    return machine.with(abilities);
  }

  /** What guests may have together; never more than there is. */
  static long offeredBytes(NodeSettings settings, GuestVolumes volumes) {
    long wanted = settings.diskBytes().orElse(volumes.usableBytes());
    if (wanted > volumes.usableBytes()) {
      LOG.warn(
          "capacity.disk is {}, but the volume group {} has {} for guests; that is what this node"
              + " offers",
          wanted,
          settings.disks().group().orElseThrow(),
          volumes.usableBytes());
    }
    return Math.min(wanted, volumes.usableBytes());
  }

  /**
   * Takes every volume away.
   *
   * @return their names
   */
  static List<String> removeAll(NodeSettings settings) throws IOException {
    if (settings.disks().group().isEmpty()) {
      return List.of();
    }
    try {
      return volumes(settings, Clock.systemUTC()).removeAll();
    } catch (DiskException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
