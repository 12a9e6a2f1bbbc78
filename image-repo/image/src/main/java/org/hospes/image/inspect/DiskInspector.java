package org.hospes.image.inspect;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.hospes.image.DiskFormat;
import org.hospes.image.ImageRefusedException;

/**
 * Says what a disk is by its bytes alone, before any disk tool opens it: raw, or a qcow2 that names
 * no other file. Everything else is refused. Stateless; a channel's position is left alone.
 */
public final class DiskInspector {
  /**
   * No more than this many bytes of a file are ever read: a header, the L1 table and the reference
   * count table (40 MiB by QEMU's own limits), and of each bitmap what says where it is.
   */
  public static final long MOST_READ = 48L << 20;

  private DiskInspector() {}

  /** The same for a file. */
  public static DiskFacts inspect(Path file) throws IOException, ImageRefusedException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return inspect(channel);
    }
  }

  /**
   * Looks.
   *
   * @throws ImageRefusedException with a code that starts with {@code image.disk.}
   */
  public static DiskFacts inspect(FileChannel file) throws IOException, ImageRefusedException {
    return inspect(new Sectors(file));
  }

  static DiskFacts inspect(Sectors sectors) throws IOException, ImageRefusedException {
    if (Qcow2Header.recognises(sectors)) {
      Qcow2Header header = Qcow2Header.read(sectors);
      return new DiskFacts(
          DiskFormat.QCOW2, sectors.size(), header.virtualBytes(), DiskFacts.Content.NOT_READ);
    }
    Optional<String> foreign = ForeignFormat.of(sectors);
    if (foreign.isPresent()) {
      throw new ImageRefusedException(
              "image.disk.format", "a " + foreign.get() + " image is not taken")
          .fact("expected", "raw or self-contained qcow2")
          .fact("found", foreign.get())
          .advice("convert it with 'qemu-img convert -O qcow2' and sign the result");
    }
    DiskFacts.Content content = RawDisk.content(sectors);
    return new DiskFacts(DiskFormat.RAW, sectors.size(), sectors.size(), content);
  }
}
