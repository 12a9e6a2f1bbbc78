package org.hospes.settings;

import java.net.InetSocketAddress;

/** Reads {@code host:port}. */
final class Addresses {
  private Addresses() {}

  static InetSocketAddress parse(String text) {
    String stripped = text.strip();
    int colon = stripped.lastIndexOf(':');
    String host = colon < 0 ? "" : stripped.substring(0, colon);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    if (host.isEmpty() || (host.indexOf(':') >= 0 && !bracketed)) {
      throw new IllegalArgumentException("host:port expected, '" + text + "' found");
    }
    int port = port(text, stripped.substring(colon + 1));
    InetSocketAddress address =
        new InetSocketAddress(bracketed ? host.substring(1, host.length() - 1) : host, port);
    if (address.isUnresolved()) {
      throw new IllegalArgumentException("the host '" + host + "' has no address; check DNS");
    }
    return address;
  }

  private static int port(String text, String digits) {
    try {
      int port = Integer.parseInt(digits);
      if (port >= 0 && port <= 65535) {
        return port;
      }
    } catch (NumberFormatException e) {
      // Said below, the same as for a number out of range.
    }
    throw new IllegalArgumentException("a port from 0 to 65535 expected in '" + text + "'");
  }
}
