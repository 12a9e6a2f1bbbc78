package org.hospes.wire.security;

import java.time.Duration;

/**
 * How much a server takes from one sender.
 *
 * @param messageBytes largest SOAP message
 * @param xmlDepth deepest nesting of elements
 * @param xmlElements most elements in one message
 * @param connections most open connections
 * @param threads most threads that serve
 * @param idle a connection on which nothing moves for so long is closed
 * @param handshake longest TLS handshake
 * @param bytesPerSecond who sends a body or reads an answer slower than this, while a third of
 *     {@code idle} was waited for it, is cut off; 0 for never. A SOAP message has thirty seconds at
 *     any rate.
 * @param messageLifetime how old a signed message may be
 * @param clockSkew how far in the future, or longer past its lifetime, a message may be dated
 */
public record ServerLimits(
    long messageBytes,
    int xmlDepth,
    int xmlElements,
    int connections,
    int threads,
    Duration idle,
    Duration handshake,
    long bytesPerSecond,
    Duration messageLifetime,
    Duration clockSkew) {

  /**
   * 1.5 MiB, which the largest manifest takes in base64, 64 deep, 20,000 elements, 1,000
   * connections, 64 threads, 60 s idle, 16 KiB/s, 5 min lifetime.
   */
  public static ServerLimits defaults() {
    return new ServerLimits(
        3 << 19,
        64,
        20_000,
        1000,
        64,
        Duration.ofSeconds(60),
        Duration.ofSeconds(10),
        16 << 10,
        Duration.ofMinutes(5),
        Duration.ofSeconds(60));
  }

  /** The same with another time for connections on which nothing moves. */
  public ServerLimits withIdle(Duration time) {
    return new ServerLimits(
        messageBytes,
        xmlDepth,
        xmlElements,
        connections,
        threads,
        time,
        handshake,
        bytesPerSecond,
        messageLifetime,
        clockSkew);
  }

  /** The same with another largest message. */
  public ServerLimits withMessageBytes(long bytes) {
    return new ServerLimits(
        bytes,
        xmlDepth,
        xmlElements,
        connections,
        threads,
        idle,
        handshake,
        bytesPerSecond,
        messageLifetime,
        clockSkew);
  }
}
