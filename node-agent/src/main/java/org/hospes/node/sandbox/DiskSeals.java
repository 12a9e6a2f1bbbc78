package org.hospes.node.sandbox;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.hospes.node.disk.DeviceBytes;
import org.hospes.node.disk.DiskException;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.Goal;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HeldBase;
import org.hospes.node.journal.SealedDisk;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a guest wrote is the workspace's own state: no signature covers it, so its digest is taken
 * when the guest has stopped and compared before the guest starts with it again. The seed is sealed
 * with it, whether or not the guest could write there: whoever alters it says whose key opens the
 * guest. Agents before this one sealed no seed, and their journals are as good: see {@link
 * #holdsSeed}.
 */
final class DiskSeals {
  private static final Logger LOG = LoggerFactory.getLogger(DiskSeals.class);

  private final DiskMaker tools;
  private final GuestFolders folders;

  DiskSeals(DiskMaker tools, GuestFolders folders) {
    this.tools = tools;
    this.folders = folders;
  }

  /**
   * The digests of what a guest starts again with: its disks, and the memory of one that is being
   * suspended. Nobody may hold them: its domain is gone. What is answered is also on the disk, so
   * that a power cut does not make it wrong.
   *
   * @param abandoned true once nobody needs them any more
   */
  List<SealedDisk> take(GuestRecord record, BooleanSupplier abandoned) throws GuestFailedException {
    List<SealedDisk> disks = new ArrayList<>();
    List<Path> written =
        new ArrayList<>(
            List.of(
                folders.overlay(record.id()),
                folders.scratch(record.id()),
                folders.seed(record.id())));
    if (record.goal() == Goal.SUSPENDED) {
      written.add(folders.memory(record.id()));
    }
    for (Path file : written) {
      if (tools.there(file)) {
        try {
          disks.add(digest(file, abandoned));
        } catch (IOException e) {
          throw unreadable(file, e);
        }
      }
    }
    return disks;
  }

  /**
   * Whether the disks are what they were when the guest had stopped, and the overlay stands on its
   * one allowed base.
   *
   * @throws GuestFailedException IMAGE_REFUSED when they are not
   */
  void check(GuestRecord record, BooleanSupplier abandoned) throws GuestFailedException {
    try {
      for (SealedDisk expected : record.seal().orElseThrow()) {
        Path file = folders.place(record.id(), expected.name());
        // A volume without a device is not there, and a group that is not there has none.
        tools.there(file);
        requireSame(file, expected, abandoned, altered(file));
      }
      requireOwnBase(record, folders.overlay(record.id()));
    } catch (GuestFailedException e) {
      Failure why = e.failure();
      if (why.category() != Failure.Category.IMAGE_REFUSED) {
        throw e;
      }
      LOG.error(
          "workspace={} NOT STARTED AGAIN, {}: {} {}",
          record.id(),
          why.code(),
          why.message(),
          why.facts());
      throw GuestFailedException.refused(
          why.advice("tell the site's operators, who should find out who wrote there"));
    }
  }

  /** Whether the seed is among what was sealed. */
  static boolean holdsSeed(List<SealedDisk> sealed) {
    return sealed.stream().anyMatch(disk -> disk.name().equals(SealedDisk.SEED));
  }

  /** What is told of a disk that is not what it was when its guest had stopped. */
  static Failure altered(Path file) {
    String code = "disk.altered";
    String what = "a disk";
    if (file.endsWith(SealedDisk.MEMORY)) {
      code = "memory.altered";
      what = "the saved memory";
    } else if (file.endsWith(SealedDisk.SEED)) {
      code = "seed.altered";
      what = "the seed (ssh key and user data)";
    }
    return Failure.of(
            Failure.Category.IMAGE_REFUSED,
            code,
            what + " of the guest was altered while the guest was off")
        .fact("file", file.toString());
  }

  /**
   * That a disk, or a copy of it, is what it must be. It is also on the disk then, so that a power
   * cut does not make it wrong.
   *
   * @param otherwise what is told when it is not
   */
  static void requireSame(
      Path file, SealedDisk expected, BooleanSupplier abandoned, Failure otherwise)
      throws GuestFailedException {
    String found;
    try {
      SealedDisk now = digest(file, abandoned);
      // A copy may have a name of its own.
      if (now.bytes() == expected.bytes() && now.sha256().equals(expected.sha256())) {
        return;
      }
      found = now.bytes() + " bytes, sha256:" + now.sha256();
    } catch (NoSuchFileException e) {
      found = "nothing";
    } catch (IOException e) {
      if (!Files.isSymbolicLink(file)) {
        throw unreadable(file, e);
      }
      // It will not become a file again by itself.
      found = "a symbolic link";
    }
    throw GuestFailedException.refused(
        otherwise
            .fact("expected", expected.bytes() + " bytes, sha256:" + expected.sha256())
            .fact("found", found));
  }

  /**
   * That the disk of a guest which never ran holds the verified base and nothing else.
   *
   * @throws GuestFailedException IMAGE_REFUSED {@code disk.altered} when it does not
   */
  void checkUnused(GuestRecord record, BooleanSupplier abandoned) throws GuestFailedException {
    HeldBase base = record.base().orElseThrow();
    Path disk = folders.overlay(record.id());
    try {
      tools.requireUnused(
          disk, new DiskLayer(base.file(), base.format()), base.virtualBytes(), abandoned);
    } catch (GuestFailedException e) {
      if (!e.failure().code().equals(DiskException.CONFLICT)) {
        throw e;
      }
      LOG.error("workspace={} NOT STARTED: {}", record.id(), e.getMessage());
      throw GuestFailedException.refused(
          new Failure(
              Failure.Category.IMAGE_REFUSED,
              "disk.altered",
              "the guest's disk does not hold the image that was verified: " + e.getMessage(),
              Optional.of("tell the site's operators, who should find out who wrote there"),
              e.failure().facts()));
    }
  }

  /**
   * That an overlay stands on the one base that its guest was given, by its header.
   *
   * @throws GuestFailedException IMAGE_REFUSED {@code disk.backing} when it does not
   */
  void requireOwnBase(GuestRecord record, Path overlay) throws GuestFailedException {
    HeldBase base = record.base().orElseThrow();
    try {
      tools.overlay(overlay, new DiskLayer(base.file(), base.format()), base.virtualBytes());
    } catch (GuestFailedException e) {
      if (!e.failure().code().equals(DiskException.CONFLICT)) {
        throw e;
      }
      Failure why = e.failure();
      throw GuestFailedException.refused(
          new Failure(
              Failure.Category.IMAGE_REFUSED,
              "disk.backing",
              why.message(),
              why.advice(),
              why.facts()));
    }
  }

  /** What a disk is now; it is also on the disk then. */
  static SealedDisk seal(Path file, BooleanSupplier abandoned) throws GuestFailedException {
    try {
      return digest(file, abandoned);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static SealedDisk digest(Path file, BooleanSupplier abandoned)
      throws IOException, GuestFailedException {
    MessageDigest sha256;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
    long bytes = 0;
    ByteBuffer block = DeviceBytes.block();
    try (FileChannel channel = open(file)) {
      channel.force(true);
      while (channel.read(block.clear()) > 0) {
        bytes += block.flip().remaining();
        sha256.update(block);
        if (abandoned.getAsBoolean()) {
          throw new GuestFailedException(
              Failure.of(Failure.Category.SITE, "disk.abandoned", "the guest is wanted otherwise"),
              true,
              null);
        }
      }
    }
    return new SealedDisk(
        file.getFileName().toString(), bytes, HexFormat.of().formatHex(sha256.digest()));
  }

  private static FileChannel open(Path file) throws IOException {
    return DeviceBytes.isDevice(file)
        ? DeviceBytes.read(file)
        : FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
  }

  private static GuestFailedException unreadable(Path file, IOException e) {
    return new GuestFailedException(
        Failure.of(Failure.Category.SITE, "disk.failed", file + " cannot be read: " + e), true, e);
  }
}
