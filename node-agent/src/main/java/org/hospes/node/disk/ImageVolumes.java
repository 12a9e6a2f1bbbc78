package org.hospes.node.disk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.hospes.image.DiskFormat;
import org.hospes.node.hypervisor.DiskLayer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The volumes that images are staged into. Such a volume is written from the file that was
 * verified, its bytes hashed as they are read, and is read back; it is read-only from then on.
 */
final class ImageVolumes {
  private static final Logger LOG = LoggerFactory.getLogger(ImageVolumes.class);

  /** Bytes a second; a disk that is slower hangs. */
  private static final long SLOWEST_COPY = 4 << 20;

  private final VolumeGroup group;
  private final VolumeSpace space;
  private final DiskTools tools;
  private final Clock clock;

  ImageVolumes(VolumeGroup group, VolumeSpace space, DiskTools tools, Clock clock) {
    this.group = group;
    this.space = space;
    this.tools = tools;
    this.clock = clock;
  }

  /** What the volume of an image is called. */
  static String nameOf(DiskLayer base) {
    return VolumeNames.base(sha256(base));
  }

  /** The cache's files are called so. */
  private static String sha256(DiskLayer base) {
    return base.path().getFileName().toString();
  }

  /**
   * Makes the volume of an image unless it is there. One is made after the other, so that the
   * second of two who need the same one finds it.
   */
  synchronized void make(DiskLayer base, long virtualBytes, BooleanSupplier abandoned)
      throws DiskException {
    String name = nameOf(base);
    if (group.active(name).isPresent()) {
      return;
    }
    group.remove(VolumeNames.fresh(name));
    String fresh = space.makeDense(name, virtualBytes);
    write(base, fresh, virtualBytes, abandoned);
    group.makeReadOnly(fresh);
    require(fresh, base, abandoned);
    group.rename(fresh, name);
    LOG.info("image {} staged into volume {}", sha256(base), name);
  }

  /** The image's bytes onto a volume, and zeros behind them. */
  void write(DiskLayer base, String name, long virtualBytes, BooleanSupplier abandoned)
      throws DiskException {
    if (base.format() == DiskFormat.QCOW2) {
      String unused = pour(Optional.empty(), name, VolumeCopy.Way.WHERE_IT_DIFFERS, abandoned);
      convert(base, name, virtualBytes, abandoned);
      return;
    }
    String found = pour(Optional.of(base.path()), name, VolumeCopy.Way.WHOLE, abandoned);
    if (!found.equals(sha256(base))) {
      throw new DiskException(
          DiskException.FAILED,
          base.path() + " changed while it was copied",
          Map.of(
              "path",
              base.path().toString(),
              "expected",
              "sha256:" + sha256(base),
              "found",
              "sha256:" + found),
          null);
    }
  }

  private void convert(DiskLayer base, String name, long virtualBytes, BooleanSupplier abandoned)
      throws DiskException {
    String unused =
        tools.run(
            tools.qemuImg(),
            List.of(
                "convert",
                "-n",
                "-t",
                "none",
                "-f",
                "qcow2",
                "-O",
                "raw",
                base.path().toString(),
                device(name).toString()),
            patience(virtualBytes),
            abandoned);
  }

  /**
   * Writes a file onto a volume, and zeros behind it.
   *
   * @return the SHA-256 of the bytes that were read for it
   */
  String pour(Optional<Path> from, String name, VolumeCopy.Way way, BooleanSupplier abandoned)
      throws DiskException {
    try {
      return VolumeCopy.pour(from, device(name), way, abandoned);
    } catch (IOException e) {
      throw GuestDisks.failed(device(name), e);
    }
  }

  /**
   * That a volume holds the image and zeros behind it, by reading all of it.
   *
   * @throws DiskException {@link DiskException#CONFLICT} when it does not
   */
  void require(String name, DiskLayer base, BooleanSupplier abandoned) throws DiskException {
    Path device = device(name);
    if (base.format() == DiskFormat.QCOW2) {
      // All of the volume is read, however little of it the file holds.
      long bytes = group.active(name).map(Volume::bytes).orElse(0L);
      compare(base, device, patience(bytes), abandoned);
      return;
    }
    try {
      Optional<String> found = VolumeCopy.digest(device, Files.size(base.path()), abandoned);
      if (!found.equals(Optional.of(sha256(base)))) {
        throw GuestDisks.conflict(
            device,
            "sha256:" + sha256(base) + " and zeros behind it",
            found.map(hex -> "sha256:" + hex).orElse("something else behind it"));
      }
    } catch (IOException e) {
      throw GuestDisks.failed(device, e);
    }
  }

  /** Of the file it was known before that it is what was signed. */
  private void compare(DiskLayer base, Path device, Duration atMost, BooleanSupplier abandoned)
      throws DiskException {
    try {
      String unused =
          tools.run(
              tools.qemuImg(),
              List.of(
                  "compare",
                  "-T",
                  "none",
                  "-f",
                  "qcow2",
                  "-F",
                  "raw",
                  base.path().toString(),
                  device.toString()),
              atMost,
              abandoned);
    } catch (DiskException e) {
      // It exits with 1 for that alone.
      if (e.facts().getOrDefault("result", "").startsWith("exit status 1:")) {
        throw GuestDisks.conflict(device, "the bytes of " + base.path(), "others");
      }
      throw e;
    }
  }

  /**
   * That the volume of an image holds it. One that does not is set aside: nothing more is made of
   * it, and what stands on it is judged so.
   *
   * @throws DiskException {@link DiskException#CONFLICT} when it does not
   */
  void requireNotAltered(DiskLayer base, BooleanSupplier abandoned) throws DiskException {
    String name = nameOf(base);
    try {
      require(name, base, abandoned);
    } catch (DiskException e) {
      if (e.code().equals(DiskException.CONFLICT)) {
        LOG.error("volume {} WAS ALTERED since it was made: {}", name, e.getMessage());
        group.rename(name, VolumeNames.spoilt(name, clock.instant().getEpochSecond()));
      }
      throw e;
    }
  }

  private Path device(String name) {
    return group.devices().resolve(name);
  }

  private Duration patience(long bytes) {
    return tools.limit().plusSeconds(bytes / SLOWEST_COPY);
  }
}
