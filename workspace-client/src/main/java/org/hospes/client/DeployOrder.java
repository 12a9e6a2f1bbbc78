package org.hospes.client;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a person wants to run.
 *
 * @param token makes a repeated order the same order
 * @param image NAME[:VERSION][@sha256:HEX]
 * @param lease empty: the site's usual, or as much of it as the person may have
 */
public record DeployOrder(
    String token,
    String image,
    Optional<String> name,
    int cpus,
    long memoryBytes,
    long scratchBytes,
    Optional<Duration> lease,
    List<Forward> forwards,
    Optional<String> sshKey,
    Optional<byte[]> userData,
    OnCrash onCrash,
    boolean dryRun) {

  /** What becomes of a guest whose kernel panics. */
  public enum OnCrash {
    END,
    RESTART
  }

  /** A port of the guest, and of the node if a certain one is wished. */
  public record Forward(OptionalInt hostPort, int guestPort) {
    /**
     * Reads {@code [HOSTPORT:]GUESTPORT}.
     *
     * @throws IllegalArgumentException saying what was expected and found
     */
    public static Forward parse(String text) {
      String[] parts = text.split(":", -1);
      try {
        if (parts.length == 1) {
          return new Forward(OptionalInt.empty(), port(parts[0]));
        }
        if (parts.length == 2) {
          return new Forward(OptionalInt.of(port(parts[0])), port(parts[1]));
        }
      } catch (NumberFormatException e) {
        throw unreadable(text);
      }
      throw unreadable(text);
    }

    private static int port(String text) {
      int port = Integer.parseInt(text);
      if (port < 1 || port > 65535) {
        throw new NumberFormatException(text);
      }
      return port;
    }

    private static IllegalArgumentException unreadable(String text) {
      return new IllegalArgumentException(
          "not a forward: expected [HOSTPORT:]GUESTPORT with ports 1-65535, found " + text);
    }
  }
}
