package org.hospes.wire.security;

import java.time.Duration;

/**
 * How long a client waits and how much it takes.
 *
 * @param connect longest wait for a connection
 * @param answer longest wait for an answer
 * @param messageBytes largest answer
 * @param xmlDepth deepest nesting of elements in an answer
 * @param xmlElements most elements in an answer
 * @param messageLifetime how old a signed answer may be
 * @param clockSkew how far in the future an answer may be dated
 */
public record ClientLimits(
    Duration connect,
    Duration answer,
    long messageBytes,
    int xmlDepth,
    int xmlElements,
    Duration messageLifetime,
    Duration clockSkew) {
  /** 10 s to connect, 60 s for an answer of at most 16 MiB, 5 min lifetime, 60 s skew. */
  public static ClientLimits defaults() {
    return new ClientLimits(
        Duration.ofSeconds(10),
        Duration.ofSeconds(60),
        16 << 20,
        64,
        200_000,
        Duration.ofMinutes(5),
        Duration.ofSeconds(60));
  }

  /** The same with other waits. */
  public ClientLimits withTimes(Duration toConnect, Duration forAnswer) {
    return new ClientLimits(
        toConnect, forAnswer, messageBytes, xmlDepth, xmlElements, messageLifetime, clockSkew);
  }
}
