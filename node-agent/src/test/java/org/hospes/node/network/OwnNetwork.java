package org.hospes.node.network;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Runs code on a thread that has a network namespace to itself: sockets that it opens, programs
 * that it starts and the sysctls that it writes are those of the new namespace, which ends with it.
 * Needs root.
 */
final class OwnNetwork implements AutoCloseable {
  private static final int CLONE_NEWNET = 0x40000000;

  interface LibC extends Library {
    int unshare(int flags) throws LastErrorException;
  }

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(r -> new Thread(r, "own-network"));

  OwnNetwork() throws Exception {
    LibC libc = Native.load("c", LibC.class);
    run(() -> libc.unshare(CLONE_NEWNET));
  }

  <T> T run(Callable<T> body) throws Exception {
    try {
      return thread.submit(body).get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw (Exception) e.getCause();
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
