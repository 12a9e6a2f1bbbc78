package org.hospes.node.disk;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The bytes of block devices, read and written past the page cache: guests' disks are served past
 * it, so that what it holds of a device may be older than the device.
 */
public final class DeviceBytes {
  /** Of a {@link #block}. */
  public static final int BLOCK = 1 << 20;

  private static final int ALIGNMENT = 4096;
  private static final Path DEVICES = Path.of("/dev");

  private DeviceBytes() {}

  /** Whether a path is one of a block device, and none of a file. */
  public static boolean isDevice(Path path) {
    return path.startsWith(DEVICES);
  }

  /** The number by which the kernel knows it, whichever name it goes by. */
  public static long number(Path device) throws IOException {
    return ((Number) Files.getAttribute(device, "unix:rdev")).longValue();
  }

  /** To read from its beginning, with a {@link #block}. */
  public static FileChannel read(Path device) throws IOException {
    return FileChannel.open(device, StandardOpenOption.READ, ExtendedOpenOption.DIRECT);
  }

  static FileChannel write(Path device) throws IOException {
    return FileChannel.open(
        device, StandardOpenOption.READ, StandardOpenOption.WRITE, ExtendedOpenOption.DIRECT);
  }

  /** A buffer that such a channel takes. */
  public static ByteBuffer block() {
    ByteBuffer aligned = ByteBuffer.allocateDirect(BLOCK + ALIGNMENT).alignedSlice(ALIGNMENT);
    return aligned.limit(BLOCK).slice();
  }
}
