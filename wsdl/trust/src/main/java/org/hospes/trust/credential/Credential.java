package org.hospes.trust.credential;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * A certificate chain and the key of its leaf.
 *
 * @param chain the leaf first; never empty
 * @param key the private key that belongs to the leaf
 * @param origin where it came from, for people: a file's name
 */
public record Credential(List<X509Certificate> chain, PrivateKey key, String origin) {
  /**
   * Keeps its own copy of the chain.
   *
   * @throws IllegalArgumentException when the chain is empty
   */
  public Credential {
    chain = List.copyOf(chain);
    if (chain.isEmpty()) {
      throw new IllegalArgumentException(origin + ": no certificate");
    }
  }

  /** The certificate whose key signs. */
  public X509Certificate leaf() {
    return chain.get(0);
  }

  @Override
  public String toString() {
    return "Credential[" + chain.get(0).getSubjectX500Principal() + " from " + origin + "]";
  }
}
