package org.hospes.wire.security;

/**
 * Hears of everyone who was turned away before a port saw the call: for the audit log. Called on
 * the connection's thread; must not block for long and must not throw.
 */
public interface SecurityListener {
  /**
   * A TLS handshake failed; the other side saw only an alert. Of one address no more than sixty a
   * minute are told; the next one tells how many were not.
   */
  void handshakeFailed(FailedHandshake failure);

  /** A message or request was refused; the answer names {@link RefusedMessage#reference()}. */
  void messageRefused(RefusedMessage refusal);

  /** Hears and forgets. */
  static SecurityListener none() {
    return new SecurityListener() {
      @Override
      public void handshakeFailed(FailedHandshake failure) {}

      @Override
      public void messageRefused(RefusedMessage refusal) {}
    };
  }
}
