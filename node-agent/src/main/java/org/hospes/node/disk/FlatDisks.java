package org.hospes.node.disk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.hospes.image.DiskFormat;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.inspect.DiskFacts;
import org.hospes.image.inspect.DiskInspector;

/**
 * Makes one qcow2 file that stands on nothing of a guest's disk: what its owner can take away.
 *
 * <p>What is read was written by a guest, so {@code qemu-img} is always told what to read it as.
 * Safe for several threads as long as no two make the same file.
 */
public final class FlatDisks {
  private static final Pattern REQUIRED = Pattern.compile("required size: (\\d{1,18})");

  private final GuestDisks disks;

  /**
   * @param disks by which a flat disk is put in its place
   */
  public FlatDisks(GuestDisks disks) {
    this.disks = disks;
  }

  /**
   * One disk of an overlay and what it stands on. Both are read as what the overlay's header says,
   * so that header must have been compared with the one base that is allowed, and nobody may hold
   * the overlay. It is not synced.
   *
   * @param virtualBytes the disk's size as the guest sees it
   * @param abandoned true once nobody needs it any more
   */
  public void ofOverlay(Path overlay, Path to, long virtualBytes, BooleanSupplier abandoned)
      throws DiskException {
    make(List.of("-f", "qcow2"), overlay, to, virtualBytes, abandoned);
  }

  /**
   * What {@link #ofOverlay} may take on the disk at most, in bytes. It reads the files as that
   * does, so the same must be true of them.
   */
  public long bytesOfOverlay(Path overlay) throws DiskException {
    return measure("qcow2", overlay);
  }

  /**
   * The same of a raw disk on a block device. What is on it is not looked at. It is not synced.
   *
   * @param bytes of the device
   * @param abandoned true once nobody needs it any more
   */
  public void ofRaw(Path device, Path to, long bytes, BooleanSupplier abandoned)
      throws DiskException {
    make(List.of("-f", "raw", "-T", "none"), device, to, bytes, abandoned);
  }

  /** What {@link #ofRaw} may take on the disk at most, in bytes. */
  public long bytesOfRaw(Path device) throws DiskException {
    return measure("raw", device);
  }

  private void make(
      List<String> reading, Path disk, Path to, long virtualBytes, BooleanSupplier abandoned)
      throws DiskException {
    DiskTools tools = disks.tools();
    disks.made(
        to,
        fresh -> {
          List<String> words =
              Stream.of(
                      List.of("convert"),
                      reading,
                      List.of("-O", "qcow2", disk.toString(), fresh.toString()))
                  .flatMap(List::stream)
                  .toList();
          String unused =
              tools.run(
                  tools.qemuImg(),
                  words,
                  tools.limit().plusSeconds(virtualBytes / GuestDisks.SLOWEST_COPY),
                  abandoned);
          requireSelfContained(fresh, virtualBytes);
        });
  }

  private long measure(String format, Path disk) throws DiskException {
    DiskTools tools = disks.tools();
    String told =
        tools.run(
            tools.qemuImg(),
            List.of("measure", "-f", format, "-O", "qcow2", disk.toString()),
            tools.limit(),
            () -> false);
    Matcher required = REQUIRED.matcher(told);
    if (!required.find()) {
      throw GuestDisks.failed(
          disk, new IOException("qemu-img measure: a size expected, found " + told));
    }
    return Long.parseLong(required.group(1));
  }

  private static void requireSelfContained(Path file, long virtualBytes)
      throws IOException, DiskException {
    try {
      DiskFacts facts = DiskInspector.inspect(file);
      if (facts.format() != DiskFormat.QCOW2 || facts.virtualBytes() != virtualBytes) {
        throw GuestDisks.conflict(
            file, "a qcow2 image of " + virtualBytes + " bytes", facts.toString());
      }
    } catch (ImageRefusedException e) {
      throw GuestDisks.conflict(file, "a qcow2 image that stands on nothing", e.getMessage());
    }
  }
}
