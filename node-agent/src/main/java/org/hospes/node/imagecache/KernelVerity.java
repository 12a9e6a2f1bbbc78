package org.hospes.node.imagecache;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;

/**
 * fs-verity of Linux by its two calls ({@code Documentation/filesystems/fsverity.rst}), with
 * SHA-256 over blocks of 4096 bytes, without salt or signature.
 */
public final class KernelVerity implements FileVerity {
  private static final NativeLong FS_IOC_ENABLE_VERITY = new NativeLong(0x40806685L);
  private static final NativeLong FS_IOC_MEASURE_VERITY = new NativeLong(0xC0046686L);
  private static final int ENABLE_ARGUMENT = 128;
  private static final short SHA256 = 1;
  private static final short SHA256_BYTES = 32;
  private static final int BLOCK = 4096;
  private static final int DIGEST_HEAD = 4;

  private static final int O_CLOEXEC = 0x80000;
  private static final int O_RDONLY_NOFOLLOW_CLOEXEC = 0x20000 | O_CLOEXEC;
  private static final int EEXIST = 17;
  private static final int ENOTTY = 25;
  private static final int ENODATA = 61;
  private static final int EOPNOTSUPP = 95;

  private final C c = Native.load("c", C.class);

  @Override
  public boolean enable(Path file) throws IOException {
    try (Memory argument = new Memory(ENABLE_ARGUMENT)) {
      argument.clear();
      argument.setInt(0, 1);
      argument.setInt(4, SHA256);
      argument.setInt(8, BLOCK);
      int error = call(file, FS_IOC_ENABLE_VERITY, argument);
      return switch (error) {
        case 0, EEXIST -> true;
        case ENOTTY, EOPNOTSUPP -> false;
        default -> throw failed("cannot enable fs-verity", file, error);
      };
    }
  }

  @Override
  public Optional<String> measure(Path file) throws IOException {
    try (Memory answer = new Memory(DIGEST_HEAD + SHA256_BYTES)) {
      answer.clear();
      answer.setShort(2, SHA256_BYTES);
      int error = call(file, FS_IOC_MEASURE_VERITY, answer);
      return switch (error) {
        case 0 -> digest(answer);
        case ENODATA, ENOTTY, EOPNOTSUPP -> Optional.empty();
        default -> throw failed("cannot measure fs-verity", file, error);
      };
    }
  }

  /** A digest by another algorithm than asked for is none of ours. */
  private static Optional<String> digest(Memory answer) {
    return answer.getShort(0) == SHA256 && answer.getShort(2) == SHA256_BYTES
        ? Optional.of(HexFormat.of().formatHex(answer.getByteArray(DIGEST_HEAD, SHA256_BYTES)))
        : Optional.empty();
  }

  /** Returns errno, 0 for none. */
  private int call(Path file, NativeLong request, Pointer argument) throws IOException {
    int descriptor;
    try {
      // One that is open already is a link of the kernel's own making.
      boolean open = file.startsWith("/proc/self/fd");
      descriptor = c.open(file.toString(), open ? O_CLOEXEC : O_RDONLY_NOFOLLOW_CLOEXEC);
    } catch (LastErrorException e) {
      throw failed("cannot open", file, e.getErrorCode());
    }
    try {
      c.ioctl(descriptor, request, argument);
      return 0;
    } catch (LastErrorException e) {
      return e.getErrorCode();
    } finally {
      c.close(descriptor);
    }
  }

  private IOException failed(String what, Path file, int error) {
    return new IOException(what + ": " + file + ": " + c.strerror(error));
  }

  /** Of libc. */
  private interface C extends Library {
    int open(String path, int flags) throws LastErrorException;

    int ioctl(int descriptor, NativeLong request, Pointer argument) throws LastErrorException;

    int close(int descriptor);

    String strerror(int error);
  }
}
