package org.hospes.node.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Copies between files and block devices, whole, and looks at what is on a device. */
final class VolumeCopy {
  private VolumeCopy() {}

  /** How a device is written. */
  enum Way {
    /** All of it. */
    WHOLE,
    /** Where it is not so already: a snapshot takes room for nothing else. */
    WHERE_IT_DIFFERS
  }

  /**
   * Writes a file onto a device, and zeros from its end to the device's: nothing of what lay there
   * before is left. When it returns it is on the disk.
   *
   * @param from empty: nothing but zeros
   * @return the SHA-256 of the bytes that were read for it, hexadecimal
   */
  static String pour(Optional<Path> from, Path device, Way way, BooleanSupplier abandoned)
      throws IOException, DiskException {
    MessageDigest sha256 = sha256();
    ByteBuffer block = DeviceBytes.block();
    ByteBuffer there = DeviceBytes.block();
    try (FileChannel source = from.isPresent() ? file(from.get()) : null;
        FileChannel target = DeviceBytes.write(device)) {
      long bytes = target.size();
      if (source != null && source.size() > bytes) {
        throw new IOException(
            from.get() + " has " + source.size() + " bytes, " + device + " only " + bytes);
      }
      long at = 0;
      while (at < bytes) {
        requireWanted(device, abandoned);
        block.clear().limit((int) Math.min(DeviceBytes.BLOCK, bytes - at));
        if (source != null) {
          fill(source, block);
        }
        sha256.update(block.duplicate().flip());
        while (block.hasRemaining()) {
          block.put((byte) 0);
        }
        block.flip();
        if (way == Way.WHOLE || differs(target, at, block, there)) {
          writeAll(target, at, block);
        }
        at += block.limit();
      }
      target.force(true);
    }
    return HexFormat.of().formatHex(sha256.digest());
  }

  /** Writes a device into a new file, which takes no room where the device has zeros. */
  static void drain(Path device, Path to, BooleanSupplier abandoned)
      throws IOException, DiskException {
    ByteBuffer block = DeviceBytes.block();
    ByteBuffer zeros = ByteBuffer.allocate(DeviceBytes.BLOCK);
    try (FileChannel source = DeviceBytes.read(device);
        FileChannel target =
            FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      long at = 0;
      while (source.read(block.clear()) > 0) {
        requireWanted(device, abandoned);
        block.flip();
        int length = block.limit();
        if (block.mismatch(zeros.clear().limit(length)) >= 0) {
          writeAll(target, at, block);
        }
        at += length;
      }
      lengthen(target, at);
    }
  }

  private static void lengthen(FileChannel file, long bytes) throws IOException {
    if (file.size() < bytes) {
      file.write(ByteBuffer.allocate(1), bytes - 1);
    }
  }

  /**
   * The SHA-256 of the first bytes of a device, hexadecimal, if the rest of it is zero.
   *
   * @return empty when the rest holds anything
   */
  static Optional<String> digest(Path device, long bytes, BooleanSupplier abandoned)
      throws IOException, DiskException {
    MessageDigest sha256 = sha256();
    ByteBuffer block = DeviceBytes.block();
    ByteBuffer zeros = ByteBuffer.allocate(DeviceBytes.BLOCK);
    try (FileChannel source = DeviceBytes.read(device)) {
      long at = 0;
      while (source.read(block.clear()) > 0) {
        requireWanted(device, abandoned);
        block.flip();
        int length = block.limit();
        int counted = (int) Math.max(0, Math.min(length, bytes - at));
        sha256.update(block.duplicate().limit(counted));
        block.position(counted);
        if (block.mismatch(zeros.clear().limit(length - counted)) >= 0) {
          return Optional.empty();
        }
        at += length;
      }
    }
    return Optional.of(HexFormat.of().formatHex(sha256.digest()));
  }

  private static FileChannel file(Path from) throws IOException {
    return FileChannel.open(from, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
  }

  /** Until the buffer is full or the file ends. */
  private static void fill(FileChannel source, ByteBuffer block) throws IOException {
    while (block.hasRemaining() && source.read(block) >= 0) {
      // more
    }
  }

  private static boolean differs(FileChannel target, long at, ByteBuffer block, ByteBuffer there)
      throws IOException {
    there.clear().limit(block.limit());
    while (there.hasRemaining() && target.read(there, at + there.position()) > 0) {
      // until as much is read
    }
    return block.mismatch(there.flip()) >= 0;
  }

  private static void writeAll(FileChannel target, long at, ByteBuffer block) throws IOException {
    while (block.hasRemaining()) {
      int written = target.write(block, at + block.position());
      if (written <= 0) {
        throw new IOException("no more can be written at " + (at + block.position()));
      }
    }
  }

  private static void requireWanted(Path device, BooleanSupplier abandoned) throws DiskException {
    if (abandoned.getAsBoolean()) {
      throw new DiskException(
          DiskException.ABANDONED, device + ": nobody needs it any more", Map.of(), null);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
