package org.hospes.trust.path;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * A certificate chain that a {@link PathValidator} found good.
 *
 * @param chain the leaf first, as presented; never empty
 * @param endEntity subject of the end-entity certificate, whatever proxies stand before it
 * @param endEntityCertificate that certificate
 * @param proxy the most restricted kind among the proxies of the chain
 * @param notAfter the earliest end of any certificate of the chain
 */
public record ValidatedPath(
    List<X509Certificate> chain,
    DistinguishedName endEntity,
    X509Certificate endEntityCertificate,
    ProxyKind proxy,
    Instant notAfter) {
  /** Keeps its own copy of the chain. */
  public ValidatedPath {
    chain = List.copyOf(chain);
  }

  /** The certificate whose key signs. */
  public X509Certificate leaf() {
    return chain.get(0);
  }
}
