package org.hospes.node.app;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/** One agent at a time on one state directory: two would undo each other's work. */
final class StateLock implements AutoCloseable {
  private final FileChannel file;

  private StateLock(FileChannel file) {
    this.file = file;
  }

  /**
   * Makes the directory when it is missing and takes the lock.
   *
   * @throws IOException when another agent holds it
   */
  static StateLock take(Path state) throws IOException {
    Files.createDirectories(state);
    // Passed through by the hypervisor's user on the way to guests' disks, listed by root alone.
    Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwx--x--x"));
    Path name = state.resolve("lock");
    FileChannel file = FileChannel.open(name, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock;
    try {
      lock = file.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      file.close();
      throw new IOException(name + " is held: another node-agent runs on this state directory");
    }
    return new StateLock(file);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
