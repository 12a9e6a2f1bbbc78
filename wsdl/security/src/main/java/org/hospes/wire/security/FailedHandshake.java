package org.hospes.wire.security;

import java.util.List;
import java.util.Optional;
import org.hospes.trust.path.PathProblem;

/**
 * Why a connection came to nothing.
 *
 * @param remoteAddress who tried, as address and port
 * @param subject the leaf's subject in slash form, when a certificate was shown
 * @param code {@code path.*} as in {@link PathProblem}; {@code tls.no-certificate} or {@code
 *     tls.handshake} when no chain was judged
 * @param problems every reason why the chain is not trusted; empty when no chain was judged
 * @param reason for people
 */
public record FailedHandshake(
    String remoteAddress,
    Optional<String> subject,
    String code,
    List<PathProblem> problems,
    String reason) {
  public FailedHandshake {
    problems = List.copyOf(problems);
  }

  /** The same, and how many more from this address were not told. */
  FailedHandshake besides(int others) {
    return new FailedHandshake(
        remoteAddress,
        subject,
        code,
        problems,
        reason + " (and " + others + " more from this address that are not recorded)");
  }
}
