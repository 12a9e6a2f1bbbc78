package org.hospes.node.network;

import java.util.OptionalInt;

/**
 * A port of the guest that is to be reached from outside.
 *
 * @param hostPort of the node; empty: the network chooses one of its range
 * @param guestPort TCP port in the guest
 */
public record ForwardRequest(OptionalInt hostPort, int guestPort) {
  public ForwardRequest {
    requirePort(guestPort);
    hostPort.ifPresent(ForwardRequest::requirePort);
  }

  private static void requirePort(int port) {
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("not a TCP port: expected 1-65535, found " + port);
    }
  }
}
