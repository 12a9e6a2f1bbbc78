package org.hospes.trust.credential;

/**
 * Where a server or client gets its papers; a renewed host certificate is taken up without restart.
 */
@FunctionalInterface
public interface CredentialSource {
  /** The credential in force now. Safe for use by many threads. */
  Credential current();
}
