package org.hospes.trust.path;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * The one judge of certificate chains: for TLS, messages, images, catalogues and VOMS alike. Safe
 * for use by many threads. Anchors, namespaces and CRLs are looked at again while it is open.
 */
public interface PathValidator extends AutoCloseable {
  /**
   * Validates a chain at the present, CRLs, signing policies and proxies (RFC 3820) included.
   *
   * @param chain the leaf first; the anchor may be left out
   * @throws UntrustedPathException with every problem found
   */
  ValidatedPath validate(List<X509Certificate> chain) throws UntrustedPathException;

  /**
   * The same, as if it were another time: only the periods of the certificates are held against it.
   * Anchors, namespaces, CRLs and revocations are judged as they are at present, so that what is
   * revoked now is refused at any time.
   *
   * @param at in the past or in the future
   * @throws UntrustedPathException with every problem found
   */
  ValidatedPath validate(List<X509Certificate> chain, Instant at) throws UntrustedPathException;

  /** Grows each time anchors, namespaces or CRLs changed; open connections compare it. */
  long generation();

  /** Runs the listener, on a thread of the validator's own, after each change of generation. */
  void onChange(Runnable listener);

  /** The anchors, for TLS servers that name the CAs they take. */
  List<X509Certificate> anchors();

  /** Every CRL in the directory, for metrics and {@code doctor}. */
  List<CrlStatus> crls();

  /**
   * What of the CA directory cannot be read and why, for metrics and {@code doctor}: one sentence
   * for each CA of which nobody is trusted therefore, or one when nobody at all is.
   */
  default List<String> unreadable() {
    return List.of();
  }

  /** How many revocations that were seen would be forgotten at a restart; for metrics. */
  default long unwrittenRevocations() {
    return 0;
  }

  @Override
  void close();
}
