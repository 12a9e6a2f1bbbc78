package org.hospes.repo.app;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Keeps a second repository away from the same store; the kernel lets go of it at any death. */
final class StoreLock implements AutoCloseable {
  private final FileChannel channel;

  /**
   * @throws IOException when another process holds it
   */
  StoreLock(Path store) throws IOException {
    Files.createDirectories(store);
    Path file = store.resolve("lock");
    channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      channel.close();
      throw new IOException(file + " is held: another image-repo runs on this store");
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
