package org.hospes.node.network;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The guests' network of a node of the lab: what it does is done by a thread that is in the node's
 * namespace, whoever calls. Needs root.
 */
public final class NetworkOfNode implements AutoCloseable {
  private static final int CLONE_NEWNET = 0x40000000;

  interface LibC extends Library {
    int open(String path, int flags) throws LastErrorException;

    int setns(int file, int kind) throws LastErrorException;

    int close(int file) throws LastErrorException;
  }

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(r -> new Thread(r, "network of a node"));
  private final NatNetwork network;

  /**
   * @param namespace of the node
   */
  public NetworkOfNode(Path namespace, GuestBridge bridge, Path state) throws Exception {
    LibC libc = Native.load("c", LibC.class);
    run(
        () -> {
          int file = libc.open(namespace.toString(), 0);
          int entered = libc.setns(file, CLONE_NEWNET);
          return entered + libc.close(file);
        });
    NetworkSettings settings =
        new NetworkSettings(
            "hospes0",
            "192.168.150.0/24",
            Optional.empty(),
            Optional.empty(),
            30_000,
            30_009,
            List.of(),
            OptionalLong.empty(),
            state);
    network = run(() -> NatNetwork.open(settings, bridge));
  }

  private <T> T run(Callable<T> body) throws Exception {
    try {
      return thread.submit(body).get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** As every part of an agent sees it. */
  public GuestNetwork network() {
    return (GuestNetwork)
        Proxy.newProxyInstance(
            GuestNetwork.class.getClassLoader(),
            new Class<?>[] {GuestNetwork.class},
            (proxy, method, arguments) -> {
              try {
                return run(() -> method.invoke(network, arguments));
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
