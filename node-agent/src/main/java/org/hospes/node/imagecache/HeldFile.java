package org.hospes.node.imagecache;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A file that was opened once, by its name, and is known by its descriptor from then on: whoever
 * renames it, or a directory above it, changes nothing of what is looked at here.
 */
final class HeldFile implements Closeable {
  private static final int O_RDONLY_NOFOLLOW_CLOEXEC = 0x20000 | 0x80000;
  private static final int ENOENT = 2;
  private static final int ELOOP = 40;

  private static final C LIBC = Native.load("c", C.class);

  private final int descriptor;

  private HeldFile(int descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * Opens it for reading; a symbolic link is not followed.
   *
   * @throws NoSuchFileException when it is not there
   * @throws FileSystemLoopException when a symbolic link lies in its place
   */
  static HeldFile open(Path file) throws IOException {
    try {
      return new HeldFile(LIBC.open(file.toString(), O_RDONLY_NOFOLLOW_CLOEXEC));
    } catch (LastErrorException e) {
      if (e.getErrorCode() == ENOENT) {
        throw new NoSuchFileException(file.toString());
      }
      if (e.getErrorCode() == ELOOP) {
        throw new FileSystemLoopException(file.toString());
      }
      throw new IOException("cannot open: " + file + ": " + LIBC.strerror(e.getErrorCode()), e);
    }
  }

  /** Leads to this very file for as long as it is held, also when it has no name any more. */
  Path path() {
    return Path.of("/proc/self/fd", String.valueOf(descriptor));
  }

  /** What the kernel notes of it now. */
  FileStamp stamp() throws IOException {
    return FileStamp.ofOpen(path());
  }

  @Override
  public void close() {
    LIBC.close(descriptor);
  }

  /** Of libc. */
  private interface C extends Library {
    int open(String path, int flags) throws LastErrorException;

    int close(int descriptor);

    String strerror(int error);
  }
}
