package org.hospes.wire.security;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A message that no port saw, or that a port failed on.
 *
 * @param remoteAddress who sent it
 * @param path of the endpoint
 * @param dn end entity of the TLS session, when its chain validated
 * @param code what the sender was told
 * @param reference the number in the sender's answer
 * @param reason all that is known here, for people; more than the sender was told
 * @param facts the same, piece by piece
 */
public record RefusedMessage(
    String remoteAddress,
    String path,
    Optional<String> dn,
    String code,
    String reference,
    String reason,
    Map<String, String> facts) {
  public RefusedMessage {
    facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
  }
}
