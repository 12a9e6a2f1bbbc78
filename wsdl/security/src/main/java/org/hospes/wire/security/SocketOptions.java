package org.hospes.wire.security;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import jdk.net.ExtendedSocketOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the kernel does for connections on which nothing may move for long. */
final class SocketOptions {
  private static final Logger LOG = LoggerFactory.getLogger(SocketOptions.class);

  /** Asked after a minute of silence, four times: a machine that is gone is noticed in two. */
  private static final int FIRST_SECONDS = 60;

  private static final int NEXT_SECONDS = 15;
  private static final int TIMES = 4;

  private SocketOptions() {}

  private interface Setter {
    <T> void set(SocketOption<T> option, T value) throws IOException;
  }

  static void noticeVanishedPeers(SocketChannel socket) {
    noticeVanishedPeers(socket::setOption);
  }

  static void noticeVanishedPeers(Socket socket) {
    noticeVanishedPeers(socket::setOption);
  }

  private static void noticeVanishedPeers(Setter setter) {
    try {
      setter.set(StandardSocketOptions.SO_KEEPALIVE, true);
      setter.set(ExtendedSocketOptions.TCP_KEEPIDLE, FIRST_SECONDS);
      setter.set(ExtendedSocketOptions.TCP_KEEPINTERVAL, NEXT_SECONDS);
      setter.set(ExtendedSocketOptions.TCP_KEEPCOUNT, TIMES);
    } catch (IOException | UnsupportedOperationException e) {
      // It is noticed all the same, after hours.
      LOG.debug("no signs of life from this kernel: {}", e.toString());
    }
  }
}
