package org.hospes.node.disk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.hospes.node.hypervisor.DiskLayer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Guests' disks as logical volumes. A volume bears its final name only when it is whole. What an
 * image is staged into is written from the file that was verified, its bytes hashed as they are
 * read, and read back; it is read-only from then on, and goes when room is needed and nothing
 * stands on it, the least recently used first.
 *
 * <p>Safe for several threads as long as no two make the same guest's volume.
 */
public final class GuestVolumes {
  private static final Logger LOG = LoggerFactory.getLogger(GuestVolumes.class);

  /** How a guest's volume comes to hold the image. */
  public enum Copy {
    /** A copy-on-write snapshot of the volume that the image was staged into. */
    SNAPSHOT,
    /** Every byte is written into a volume of its own. */
    DENSE
  }

  private final VolumeGroup group;
  private final Copy copy;
  private final VolumeRoom room;
  private final VolumeSpace space;
  private final ImageVolumes images;
  private final long usableBytes;

  private GuestVolumes(
      VolumeGroup group,
      Copy copy,
      VolumeRoom room,
      VolumeSpace space,
      ImageVolumes images,
      long usableBytes) {
    this.group = group;
    this.copy = copy;
    this.room = room;
    this.space = space;
    this.images = images;
    this.usableBytes = usableBytes;
  }

  /**
   * Looks at the group.
   *
   * @param marks folder, made when missing, of empty files whose times say when a base was used
   * @throws DiskException when there is no such group, or it has no room that is not others'
   */
  public static GuestVolumes open(
      VolumeGroup group, Copy copy, DiskTools tools, Path marks, Clock clock)
      throws DiskException, IOException {
    VolumeGroup.Facts facts = group.facts();
    VolumeRoom room = new VolumeRoom(facts.extentBytes());
    long own = group.volumes().stream().filter(group::owns).mapToLong(Volume::taken).sum();
    Files.createDirectories(marks);
    VolumeSpace space = new VolumeSpace(group, room, marks, clock);
    ImageVolumes images = new ImageVolumes(group, space, tools, clock);
    return new GuestVolumes(group, copy, room, space, images, facts.freeBytes() + own);
  }

  /** Where the volumes' devices are. */
  public Path devices() {
    return group.devices();
  }

  public Copy copy() {
    return copy;
  }

  public VolumeRoom room() {
    return room;
  }

  /** Of the group, what is not somebody else's. */
  public long usableBytes() {
    return usableBytes;
  }

  /** What could be had now: what is free, and bases that nothing stands on. */
  public long freeBytes() throws DiskException {
    return space.freeBytes();
  }

  /**
   * Removes what a killed agent left: the agent's volumes of guests that are not known, and those
   * that were in the making.
   *
   * @return their names
   */
  public List<String> reconcile(Collection<UUID> known) throws DiskException {
    List<String> left =
        group.volumes().stream()
            .filter(group::owns)
            .map(Volume::name)
            .filter(
                name ->
                    VolumeNames.isFresh(name)
                        || VolumeNames.guestOf(name).filter(id -> !known.contains(id)).isPresent())
            .toList();
    for (String name : left) {
      LOG.warn("volume {} is of no guest that the journal tells of, or not whole: removed", name);
      group.remove(name);
    }
    removeSpoilt();
    return left;
  }

  /** Every volume of the agent's, bases too, is gone when this returns. */
  public List<String> removeAll() throws DiskException {
    List<Volume> own =
        group.volumes().stream()
            .filter(group::owns)
            .sorted(Comparator.comparing(v -> v.origin().isEmpty()))
            .toList();
    for (Volume volume : own) {
      group.remove(volume.name());
    }
    return own.stream().map(Volume::name).toList();
  }

  /**
   * A guest's volume that holds an image, as the group's way to copy is; one that is there is kept.
   *
   * @param base the verified file; its name is the image's SHA-256
   * @throws DiskException {@link DiskException#CONFLICT} when a volume is there that is no such
   *     copy
   */
  public void disk(Path device, DiskLayer base, long virtualBytes, BooleanSupplier abandoned)
      throws DiskException {
    String name = nameOf(device);
    Optional<Volume> there = group.active(name);
    if (there.isPresent()) {
      requireCopy(there.get(), base, virtualBytes);
      return;
    }
    dropFresh(name);
    if (copy == Copy.DENSE) {
      String fresh = space.makeDense(name, virtualBytes);
      images.write(base, fresh, virtualBytes, abandoned);
      group.rename(fresh, name);
      return;
    }
    String origin = ImageVolumes.nameOf(base);
    space.want(origin);
    try {
      images.make(base, virtualBytes, abandoned);
      group.rename(space.makeSnapshot(name, origin, virtualBytes), name);
    } finally {
      space.let(origin);
    }
  }

  /** A guest's empty volume; one that is there is kept. */
  public void scratch(Path device, long bytes, BooleanSupplier abandoned) throws DiskException {
    String name = nameOf(device);
    Optional<Volume> there = group.active(name);
    if (there.isPresent()) {
      requireLength(there.get(), bytes);
      return;
    }
    dropFresh(name);
    String fresh = space.makeDense(name, bytes);
    String unused = images.pour(Optional.empty(), fresh, VolumeCopy.Way.WHOLE, abandoned);
    group.rename(fresh, name);
  }

  private void requireLength(Volume volume, long bytes) throws DiskException {
    if (volume.bytes() != room.dense(bytes) || volume.invalid()) {
      throw GuestDisks.conflict(
          group.devices().resolve(volume.name()),
          room.dense(bytes) + " bytes",
          volume.invalid() ? "a snapshot that is not valid any more" : volume.bytes() + " bytes");
    }
  }

  private void requireCopy(Volume volume, DiskLayer base, long virtualBytes) throws DiskException {
    requireLength(volume, virtualBytes);
    if (volume.origin().isPresent() && !volume.origin().get().equals(ImageVolumes.nameOf(base))) {
      throw GuestDisks.conflict(
          group.devices().resolve(volume.name()),
          "a snapshot of " + ImageVolumes.nameOf(base),
          "one of " + volume.origin().get());
    }
  }

  /**
   * That a guest's volume stands on its image alone: one that is a snapshot, on the volume of that
   * image, whose bytes are looked at. A volume of an image that holds others is set aside, so that
   * the next guest gets a new one.
   *
   * @throws DiskException {@link DiskException#CONFLICT} when it does not
   */
  public void requireStanding(
      Path device, DiskLayer base, long virtualBytes, BooleanSupplier abandoned)
      throws DiskException {
    Volume volume = require(nameOf(device));
    requireCopy(volume, base, virtualBytes);
    if (volume.origin().isPresent()) {
      images.requireNotAltered(base, abandoned);
    }
  }

  /**
   * That a volume which no guest has run with holds the image that was verified, and zeros behind
   * it, by reading all of the very device that the guest is given.
   *
   * @throws DiskException {@link DiskException#CONFLICT} when it does not
   */
  public void requireImage(Path device, DiskLayer base, BooleanSupplier abandoned)
      throws DiskException {
    Volume volume = require(nameOf(device));
    try {
      images.require(volume.name(), base, abandoned);
    } catch (DiskException e) {
      if (e.code().equals(DiskException.CONFLICT)
          && volume.origin().equals(Optional.of(ImageVolumes.nameOf(base)))) {
        // What it stands on may be to blame.
        images.requireNotAltered(base, abandoned);
      }
      throw e;
    }
  }

  private Volume require(String name) throws DiskException {
    return group
        .active(name)
        .orElseThrow(
            () -> GuestDisks.conflict(group.devices().resolve(name), "a volume", "nothing"));
  }

  /** Whether it is there; it has a device then. */
  public boolean there(Path device) throws DiskException {
    return group.active(nameOf(device)).isPresent();
  }

  /** Takes a guest's volume away, and what was to become it. */
  public void remove(Path device) throws DiskException {
    String name = nameOf(device);
    group.remove(VolumeNames.fresh(name), name);
  }

  private void removeSpoilt() throws DiskException {
    List<Volume> all = group.volumes();
    for (Volume volume : all) {
      boolean stoodOn = all.stream().anyMatch(v -> v.origin().equals(Optional.of(volume.name())));
      if (group.owns(volume) && VolumeNames.isSpoilt(volume.name()) && !stoodOn) {
        group.remove(volume.name());
      }
    }
  }

  /** Puts a volume in the place of another, which goes; cut off and done again it ends the same. */
  public void replace(Path copied, Path place) throws DiskException {
    if (there(copied)) {
      group.remove(nameOf(place));
      group.rename(nameOf(copied), nameOf(place));
    }
  }

  /** A guest's volume as a new file, which takes no room where there are zeros. */
  public void drain(Path device, Path to, BooleanSupplier abandoned) throws DiskException {
    require(nameOf(device));
    try {
      VolumeCopy.drain(device, to, abandoned);
    } catch (IOException e) {
      throw GuestDisks.failed(to, e);
    }
  }

  /**
   * A volume that holds what a file holds, made as another one was: as a snapshot of the same base,
   * or by itself.
   */
  public void pourLike(Path like, Path from, Path device, BooleanSupplier abandoned)
      throws DiskException {
    Volume model = require(nameOf(like));
    String name = nameOf(device);
    group.remove(VolumeNames.fresh(name), name);
    boolean snapshot = model.origin().isPresent();
    String fresh =
        snapshot
            ? space.makeSnapshot(name, model.origin().get(), model.bytes())
            : space.makeDense(name, model.bytes());
    String unused =
        images.pour(
            Optional.of(from),
            fresh,
            snapshot ? VolumeCopy.Way.WHERE_IT_DIFFERS : VolumeCopy.Way.WHOLE,
            abandoned);
    group.rename(fresh, name);
  }

  /** As its guest sees it. */
  public long bytes(Path device) throws DiskException {
    return require(nameOf(device)).bytes();
  }

  private void dropFresh(String name) throws DiskException {
    group.remove(VolumeNames.fresh(name));
  }

  private static String nameOf(Path device) {
    return device.getFileName().toString();
  }
}
