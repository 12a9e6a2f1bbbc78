package org.hospes.wire.security;

import jakarta.servlet.http.HttpServletRequest;
import org.hospes.wire.refusal.RefusalException;

/**
 * The other side of the TLS session, as the gate found it for this request.
 *
 * @param refusal why the request must be refused all the same; null when it need not
 */
record TlsPeer(ProvenPaths.Proven proven, String remoteAddress, RefusalException refusal) {
  private static final String ATTRIBUTE = TlsPeer.class.getName();

  static TlsPeer of(HttpServletRequest request) {
    return (TlsPeer) request.getAttribute(ATTRIBUTE);
  }

  void putInto(HttpServletRequest request) {
    request.setAttribute(ATTRIBUTE, this);
  }
}
