package org.hospes.wire.security;

import io.micrometer.core.instrument.MeterRegistry;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.hospes.contract.common.FaultCategory;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.wire.refusal.RefusalException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what the other side is told, and tells the site the rest: a stranger gets a reference
 * number, the listener gets the facts under that number.
 */
final class RefusalDesk {
  private static final Logger LOG = LoggerFactory.getLogger(RefusalDesk.class);

  /** Heard of from one address in one minute; the metrics count all. */
  private static final int MOST_HANDSHAKES = 60;

  private final SecurityListener listener;
  private final MeterRegistry metrics;
  private final PerMinute handshakes;
  private final SecureRandom random = new SecureRandom();

  RefusalDesk(SecurityListener listener, MeterRegistry metrics, Clock clock) {
    this.handshakes = new PerMinute(clock, MOST_HANDSHAKES);
    this.listener = listener;
    this.metrics = metrics;
  }

  private String reference() {
    byte[] bytes = new byte[6];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /**
   * Refused before a port saw it.
   *
   * @param mount the path as configured, for metrics: what strangers ask for must not name them
   */
  RefusalException turnedAway(RefusalException refusal, TlsPeer peer, String mount, String path) {
    String reference = refusal.reference().orElseGet(this::reference);
    Map<String, String> facts = new LinkedHashMap<>(refusal.facts());
    String reason = refusal.getMessage();
    UntrustedPathException untrusted = untrusted(refusal);
    if (untrusted != null) {
      facts.put("subject", untrusted.subject());
      facts.put("problem", untrusted.code());
      reason = reason + ": " + untrusted.getMessage();
    } else if (refusal.getCause() != null && refusal.getCause().getMessage() != null) {
      reason = reason + ": " + refusal.getCause().getMessage();
    }
    count("turned-away", refusal.code(), mount);
    LOG.debug("reference={} path={} code={} {}", reference, path, refusal.code(), reason);
    tell(
        new RefusedMessage(
            peer.remoteAddress(),
            path,
            Optional.ofNullable(peer.proven()).map(p -> p.path().endEntity().slash()),
            refusal.code(),
            reference,
            reason,
            facts));
    return refusal.reference(reference);
  }

  /** A port said no; it keeps its own audit. */
  RefusalException refusedByPort(RefusalException refusal, String mount) {
    count("refused", refusal.code(), mount);
    return refusal;
  }

  /** A port failed; the caller learns a reference, the log the rest. */
  RefusalException failed(Throwable failure, TlsPeer peer, String mount, String path) {
    String reference = reference();
    LOG.error("reference={} path={} failed", reference, path, failure);
    count("failed", "site.internal", mount);
    tell(
        new RefusedMessage(
            peer.remoteAddress(),
            path,
            Optional.ofNullable(peer.proven()).map(p -> p.path().endEntity().slash()),
            "site.internal",
            reference,
            failure.toString(),
            Map.of()));
    return RefusalException.of(
            FaultCategory.SITE,
            "site.internal",
            "the site failed; its log names the cause under reference " + reference)
        .reference(reference)
        .advice("Tell the site's operator the reference.");
  }

  /** One request was answered, whatever the answer. */
  void served(String mount, int status, long nanos) {
    if (metrics != null) {
      metrics
          .timer("hospes.wire.requests", "path", mount, "status", Integer.toString(status))
          .record(nanos, TimeUnit.NANOSECONDS);
    }
  }

  void handshakeFailed(FailedHandshake failure) {
    if (metrics != null) {
      metrics.counter("hospes.wire.handshakes.failed", "code", failure.code()).increment();
    }
    LOG.debug("handshake failed: {}", failure);
    String address = failure.remoteAddress();
    int port = address.lastIndexOf(':');
    OptionalInt held = handshakes.pass(port < 0 ? address : address.substring(0, port));
    if (held.isEmpty()) {
      return;
    }
    try {
      listener.handshakeFailed(held.getAsInt() == 0 ? failure : failure.besides(held.getAsInt()));
    } catch (RuntimeException e) {
      LOG.error("a failed handshake could not be recorded: {}", failure, e);
    }
  }

  private void tell(RefusedMessage refused) {
    try {
      listener.messageRefused(refused);
    } catch (RuntimeException e) {
      LOG.error("a refused message could not be recorded: {}", refused, e);
    }
  }

  private void count(String how, String code, String mount) {
    if (metrics != null) {
      metrics.counter("hospes.wire.refusals", "how", how, "code", code, "path", mount).increment();
    }
  }

  private static UntrustedPathException untrusted(Throwable thrown) {
    int depth = 0;
    for (Throwable t = thrown; t != null && depth < 16; t = t.getCause(), depth++) {
      if (t instanceof UntrustedPathException found) {
        return found;
      }
    }
    return null;
  }
}
