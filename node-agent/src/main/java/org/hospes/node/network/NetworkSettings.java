package org.hospes.node.network;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.hospes.settings.ByteSize;

/**
 * What an operator decides about the guests' network.
 *
 * @param bridge name of the bridge that the agent makes and owns
 * @param subnet the guests', in CIDR form: {@code 192.168.150.0/24}
 * @param uplink interface towards the site; empty: the one of the default route
 * @param forwardAddress where forwards are reached; empty: the uplink's first address
 * @param firstPort of the range that forwards are taken from
 * @param lastPort of that range, inclusive
 * @param refusedNetworks CIDRs that guests never reach, besides private, link-local and on-link
 *     ones
 * @param guestRate bytes a second that one guest may send beyond its node, and as many that it may
 *     get; empty: as many as there are
 * @param stateDirectory for the DHCP server's files; made when missing
 */
public record NetworkSettings(
    String bridge,
    String subnet,
    Optional<String> uplink,
    Optional<String> forwardAddress,
    int firstPort,
    int lastPort,
    List<String> refusedNetworks,
    OptionalLong guestRate,
    Path stateDirectory) {
  private static final long SLOWEST = 16L << 10;
  private static final long FASTEST = 100L << 30;

  public NetworkSettings {
    refusedNetworks = List.copyOf(refusedNetworks);
  }

  /**
   * The text, when it can name the guests' bridge.
   *
   * @throws IllegalArgumentException saying what was expected and found
   */
  public static String requireBridge(String text) {
    if (!text.matches("[a-z][a-z0-9-]{0,14}") || text.startsWith("hg")) {
      throw new IllegalArgumentException(
          "a bridge's name expected: a-z, 0-9 and hyphen, at most 15, not beginning with hg, '"
              + text
              + "' found");
    }
    return text;
  }

  /** The same for the name of a network device. */
  public static String requireDevice(String text) {
    if (!text.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,14}")) {
      throw new IllegalArgumentException("a network device expected, '" + text + "' found");
    }
    return text;
  }

  /** The same for one IPv4 address. */
  public static String requireAddress(String text) {
    if (text.contains("/")) {
      throw new IllegalArgumentException("one IPv4 address expected, '" + text + "' found");
    }
    Subnet.parse(text);
    return text;
  }

  /** The same for a network that guests live in: neither tiny nor vast. */
  public static String requireSubnet(String text) {
    Subnet subnet = Subnet.parse(text);
    if (subnet.prefix() < 16 || subnet.prefix() > 29) {
      throw new IllegalArgumentException(
          "a network with a prefix of 16 to 29 expected, '" + text + "' found");
    }
    return subnet.toString();
  }

  /**
   * The text as bytes a second, when it is a rate that a guest can live with.
   *
   * @throws IllegalArgumentException saying what was expected and found
   */
  public static long requireRate(String text) {
    long bytes = ByteSize.parse(text);
    if (bytes < SLOWEST || bytes > FASTEST) {
      throw new IllegalArgumentException(
          "bytes a second expected, 16K to 100G, '" + text + "' found");
    }
    return bytes;
  }

  /**
   * The text, when it is an IPv4 network in CIDR form.
   *
   * @throws IllegalArgumentException saying what was expected and found
   */
  public static String requireNetwork(String text) {
    return Subnet.parse(text).toString();
  }
}
