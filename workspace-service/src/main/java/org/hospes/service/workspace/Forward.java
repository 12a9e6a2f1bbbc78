package org.hospes.service.workspace;

import java.util.Optional;

/**
 * A port of the node that leads to a port of the guest.
 *
 * @param hostAddress where to connect to; set by the node
 * @param hostPort empty until the node has chosen one
 * @param guestPort 1 to 65535
 */
public record Forward(Optional<String> hostAddress, Optional<Integer> hostPort, int guestPort) {
  public Forward {
    requirePort(guestPort);
    hostPort.ifPresent(Forward::requirePort);
  }

  private static void requirePort(int port) {
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("a port is a number from 1 to 65535, found " + port);
    }
  }
}
