package org.hospes.wire.security;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class UpgradedConnectionTest {
  /** The look finds nothing, the server closes, and only then does the reader begin to wait. */
  @Test
  @Timeout(60)
  void whoBeginsToWaitWhenItIsClosedAlreadyIsTold() throws Exception {
    try (SocketChannel socket = SocketChannel.open()) {
      EndPoint closed =
          (EndPoint)
              Proxy.newProxyInstance(
                  getClass().getClassLoader(),
                  new Class<?>[] {EndPoint.class},
                  (proxy, method, arguments) ->
                      switch (method.getName()) {
                        case "getTransport" -> socket;
                        case "fill" -> 0;
                        case "isOpen" -> false;
                        default -> null;
                      });
      CompletableFuture<RawConnection> taken = new CompletableFuture<>();
      new UpgradedConnection(
              closed,
              Runnable::run,
              new ScheduledExecutorScheduler(),
              Duration.ofSeconds(1),
              new Upgrades.Taker() {
                @Override
                public void opened(RawConnection connection) {
                  taken.complete(connection);
                }

                @Override
                public void abandoned() {}
              })
          .onOpen();
      RawConnection connection = taken.get();
      assertThrows(IOException.class, () -> connection.read(new byte[8]));
    }
  }
}
