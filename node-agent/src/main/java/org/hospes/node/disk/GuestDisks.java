package org.hospes.node.disk;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.hospes.image.DiskFormat;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.hypervisor.GuestDisk;
import org.hospes.node.hypervisor.GuestOwner;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a guest's own disks. Each is made beside its place and then put there in one move, so a
 * file in its place is whole; asked again, the file that is there is kept, since a guest may hold
 * it or have written to it. Disks belong to the user that guests run as, and to nobody else to
 * read.
 *
 * <p>Safe for several threads as long as no two make the same file.
 */
public final class GuestDisks {
  private static final Logger LOG = LoggerFactory.getLogger(GuestDisks.class);
  private static final int SECTOR = 512;

  /** As stat counts, whatever the file system's own blocks are. */
  private static final int BLOCK = 512;

  /** Bytes a second; a disk that is slower hangs. */
  static final long SLOWEST_COPY = 4 << 20;

  private final DiskTools tools;
  private final Optional<GuestOwner> owner;

  /**
   * @param owner whom disks are given to ({@link
   *     org.hospes.node.hypervisor.Capabilities#guestOwner()}); empty: they stay this process's own
   */
  public GuestDisks(DiskTools tools, Optional<GuestOwner> owner) {
    this.tools = tools;
    this.owner = owner;
  }

  DiskTools tools() {
    return tools;
  }

  /**
   * A copy-on-write disk over a verified base, whose format is written into it. The base is not
   * opened.
   *
   * @param file absolute; its folder exists
   * @param virtualBytes the disk's size as the guest sees it, whole sectors of 512
   * @throws DiskException {@link DiskException#CONFLICT} when a file is there that is no overlay of
   *     this base
   */
  public GuestDisk overlay(Path file, DiskLayer base, long virtualBytes) throws DiskException {
    requireSectors(virtualBytes);
    if (Files.exists(file)) {
      requireOverlay(file, base, virtualBytes);
      return GuestDisk.overlay(file, base);
    }
    String format = base.format() == DiskFormat.QCOW2 ? "qcow2" : "raw";
    place(
        file,
        "rw-------",
        fresh -> {
          // -u: the size is known, and no tool needs to open a stranger's disk to learn it.
          tools.run(
              tools.qemuImg(),
              List.of(
                  "create",
                  "-q",
                  "-u",
                  "-f",
                  "qcow2",
                  "-F",
                  format,
                  "-b",
                  base.path().toString(),
                  fresh.toString(),
                  Long.toString(virtualBytes)));
          // After a power cut a header that never came to the disk would look like tampering.
          sync(fresh, StandardOpenOption.WRITE);
        });
    keepName(file);
    return GuestDisk.overlay(file, base);
  }

  static void requireOverlay(Path file, DiskLayer base, long virtualBytes) throws DiskException {
    OverlayHeader found;
    try {
      found = OverlayHeader.read(file);
    } catch (IOException e) {
      throw conflict(file, "a qcow2 overlay", e.getMessage());
    }
    OverlayHeader expected = onBase(base, virtualBytes);
    if (!found.equals(expected)) {
      throw conflict(file, expected.toString(), found.toString());
    }
  }

  /**
   * That whoever reads an overlay reads its base and nothing else.
   *
   * @throws DiskException {@link DiskException#CONFLICT} when it is none of this base, or has
   *     anything of its own
   */
  public void requireUnused(Path overlay, DiskLayer base, long virtualBytes) throws DiskException {
    requireOverlay(overlay, base, virtualBytes);
    try {
      OverlayHeader.requireUnwritten(overlay);
    } catch (IOException e) {
      throw conflict(overlay, "an overlay that nobody wrote to", e.getMessage());
    }
  }

  static OverlayHeader onBase(DiskLayer base, long virtualBytes) {
    return new OverlayHeader(
        base.path().toString(),
        Optional.of(base.format() == DiskFormat.QCOW2 ? "qcow2" : "raw"),
        virtualBytes);
  }

  /**
   * An empty raw disk, which takes room only as the guest writes.
   *
   * @param bytes whole sectors of 512
   */
  public GuestDisk scratch(Path file, long bytes) throws DiskException {
    requireSectors(bytes);
    try {
      if (Files.exists(file)) {
        if (Files.size(file) != bytes) {
          throw conflict(file, bytes + " bytes", Files.size(file) + " bytes");
        }
        return GuestDisk.writable(file);
      }
    } catch (IOException e) {
      throw failed(file, e);
    }
    place(
        file,
        "rw-------",
        fresh -> {
          try (RandomAccessFile disk = new RandomAccessFile(fresh.toFile(), "rw")) {
            disk.setLength(bytes);
            disk.getFD().sync();
          }
        });
    keepName(file);
    return GuestDisk.writable(file);
  }

  /**
   * A disk labelled {@code cidata}, where cloud-init looks for it, with exactly this on it: the
   * same seed is the same bytes. What is there already and is the same is kept, and anything else
   * is replaced.
   */
  public void seed(Path file, Seed seed) throws DiskException {
    Path made = file.resolveSibling("." + file.getFileName() + ".made");
    try {
      make(made, seed);
      if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        if (Files.mismatch(made, file) < 0) {
          return;
        }
        LOG.warn("{} is not what its order says, and is made anew", file);
      }
      adopt(made, file, false);
    } catch (IOException e) {
      throw failed(file, e);
    } finally {
      forget(made);
    }
  }

  private void make(Path file, Seed seed) throws IOException, DiskException {
    place(
        file,
        "r--------",
        fresh -> {
          Path folder = Files.createTempDirectory(file.getParent(), ".seed-");
          try {
            Files.write(folder.resolve("meta-data"), seed.metaData());
            Files.write(folder.resolve("user-data"), seed.userDataFile());
            tools.run(
                tools.genisoimage(),
                List.of(
                    "-quiet",
                    "-output",
                    fresh.toString(),
                    "-volid",
                    "cidata",
                    "-joliet",
                    "-rational-rock",
                    folder.toString()));
          } finally {
            Files.deleteIfExists(folder.resolve("meta-data"));
            Files.deleteIfExists(folder.resolve("user-data"));
            Files.delete(folder);
          }
          byte[] image = Files.readAllBytes(fresh);
          SeedDates.level(image);
          Files.write(fresh, image);
        });
  }

  /**
   * A copy of a disk that nobody holds, in place of a file that may be there. Its blocks are shared
   * with the copied one where the file system can, and holes stay holes. It is not synced. What is
   * no plain file is refused: whoever owns the disks would be given what a link points at.
   *
   * @param writable by the guest
   * @param abandoned true once nobody needs it any more
   */
  public void copy(Path from, Path to, boolean writable, BooleanSupplier abandoned)
      throws DiskException {
    Duration atMost;
    try {
      if (!Files.isRegularFile(from, LinkOption.NOFOLLOW_LINKS)) {
        throw new IOException(from + " is no plain file");
      }
      atMost = tools.limit().plusSeconds(Files.size(from) / SLOWEST_COPY);
    } catch (IOException e) {
      throw failed(to, e);
    }
    place(
        to,
        modeOf(writable),
        fresh -> {
          String unused =
              tools.run(
                  tools.coreutils().resolve("cp"),
                  List.of(
                      "--reflink=auto",
                      "--sparse=always",
                      "--no-dereference",
                      "--",
                      from.toString(),
                      fresh.toString()),
                  atMost,
                  abandoned);
        });
  }

  /**
   * Puts a file that came from elsewhere in its place among a guest's disks, in one move and with
   * their owner. It is not synced.
   *
   * @param writable by the guest
   */
  public void adopt(Path file, Path place, boolean writable) throws DiskException {
    try {
      give(file, modeOf(writable));
      Files.move(file, place, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw failed(place, e);
    }
  }

  /** What a file takes on the disk, in bytes: less than its length when it has holes. */
  public long taken(Path file) throws DiskException {
    String blocks =
        tools.run(
            tools.coreutils().resolve("stat"),
            List.of("--format=%b", "--", file.toString()),
            tools.limit(),
            () -> false);
    try {
      return Long.parseLong(blocks) * BLOCK;
    } catch (NumberFormatException e) {
      throw failed(file, new IOException("stat: a number expected, '" + blocks + "' found", e));
    }
  }

  /** What a folder's file system still has room for, in bytes. */
  public long room(Path folder) throws DiskException {
    try {
      return Files.getFileStore(folder).getUsableSpace();
    } catch (IOException e) {
      throw failed(folder, e);
    }
  }

  /** Makes a file as all are made: beside its place, and then put there in one move. */
  public void made(Path file, Maker maker) throws DiskException {
    place(file, "rw-------", maker);
  }

  /** Writes a new file. */
  public interface Maker {
    void make(Path fresh) throws IOException, DiskException;
  }

  private void place(Path file, String mode, Maker maker) throws DiskException {
    Path fresh = file.resolveSibling("." + file.getFileName() + ".new");
    try {
      Files.deleteIfExists(fresh);
      maker.make(fresh);
      give(fresh, mode);
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw failed(file, e);
    } finally {
      forget(fresh);
    }
  }

  private static void keepName(Path file) throws DiskException {
    try {
      sync(file.getParent(), StandardOpenOption.READ);
    } catch (IOException e) {
      throw failed(file, e);
    }
  }

  private static void sync(Path what, StandardOpenOption how) throws IOException {
    try (FileChannel channel = FileChannel.open(what, how)) {
      channel.force(true);
    }
  }

  private static void forget(Path fresh) {
    try {
      Files.deleteIfExists(fresh);
    } catch (IOException e) {
      // The next attempt deletes it, and what failed before is what matters to the caller.
    }
  }

  private static String modeOf(boolean writable) {
    return writable ? "rw-------" : "r--------";
  }

  private void give(Path file, String mode) throws IOException {
    Set<PosixFilePermission> permissions = PosixFilePermissions.fromString(mode);
    Files.setPosixFilePermissions(file, permissions);
    if (owner.isPresent()) {
      Files.setAttribute(file, "unix:gid", owner.get().gid());
      Files.setAttribute(file, "unix:uid", owner.get().uid());
    }
  }

  private static void requireSectors(long bytes) {
    if (bytes <= 0 || bytes % SECTOR != 0) {
      throw new IllegalArgumentException("a disk has whole sectors of 512 bytes, not " + bytes);
    }
  }

  static DiskException conflict(Path file, String expected, String found) {
    return new DiskException(
        DiskException.CONFLICT,
        file + " is there and is another disk: expected " + expected + ", found " + found,
        Map.of("path", file.toString(), "expected", expected, "found", found),
        null);
  }

  static DiskException failed(Path file, IOException e) {
    boolean full =
        e instanceof FileSystemException
            && String.valueOf(e.getMessage()).contains("No space left");
    return new DiskException(
        full ? DiskException.NO_SPACE : DiskException.FAILED,
        "cannot make " + file + ": " + e,
        Map.of("path", file.toString()),
        e);
  }
}
