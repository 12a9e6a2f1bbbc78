package org.hospes.node.network;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An IPv4 network.
 *
 * @param first its lowest address as an unsigned 32-bit number
 * @param prefix length in bits, 0-32
 */
record Subnet(int first, int prefix) {
  private static final Pattern CIDR =
      Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})(?:/(\\d{1,2}))?");

  Subnet {
    if (prefix < 0 || prefix > 32) {
      throw new IllegalArgumentException("not a prefix length: expected 0-32, found " + prefix);
    }
    first = first & mask(prefix);
  }

  /**
   * Reads {@code 192.168.150.0/24}; a bare address is a network of one. Bits behind the prefix are
   * cleared.
   *
   * @throws IllegalArgumentException saying what was expected and found
   */
  static Subnet parse(String text) {
    Matcher m = CIDR.matcher(text.strip());
    if (!m.matches()) {
      throw new IllegalArgumentException(
          "not an IPv4 network: expected A.B.C.D/PREFIX, found " + text);
    }
    int address = 0;
    for (int i = 1; i <= 4; i++) {
      int octet = Integer.parseInt(m.group(i));
      if (octet > 255) {
        throw new IllegalArgumentException(
            "not an IPv4 network: " + octet + " is no octet in " + text);
      }
      address = address << 8 | octet;
    }
    return new Subnet(address, m.group(5) == null ? 32 : Integer.parseInt(m.group(5)));
  }

  private static int mask(int prefix) {
    return prefix == 0 ? 0 : -1 << (32 - prefix);
  }

  /** How many addresses it holds, the network's own and the broadcast address included. */
  long size() {
    return 1L << (32 - prefix);
  }

  /** The address that lies {@code n} above the first. */
  String address(int n) {
    return dotted(first + n);
  }

  String netmask() {
    return dotted(mask(prefix));
  }

  boolean overlaps(Subnet other) {
    int shorter = Math.min(prefix, other.prefix);
    return ((first ^ other.first) & mask(shorter)) == 0;
  }

  /**
   * The MAC address of the {@code n}th address: 52:54 (locally administered, QEMU's custom) and the
   * four octets, so that one follows from the other.
   */
  String mac(int n) {
    int a = first + n;
    return String.format(
        "52:54:%02x:%02x:%02x:%02x", a >>> 24, a >>> 16 & 0xff, a >>> 8 & 0xff, a & 0xff);
  }

  private static String dotted(int a) {
    return (a >>> 24) + "." + (a >>> 16 & 0xff) + "." + (a >>> 8 & 0xff) + "." + (a & 0xff);
  }

  @Override
  public String toString() {
    return dotted(first) + "/" + prefix;
  }
}
