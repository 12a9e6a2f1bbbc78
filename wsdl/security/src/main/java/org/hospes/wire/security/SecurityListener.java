package org.hospes.wire.security;

/**
 * Hears of everyone who was turned away before a port saw the call: for the audit log. Called on
 * the connection's thread; must not block for long and must not throw.
 */
public interface SecurityListener {
  /**
   * A TLS handshake came to nothing: it failed, and the other side saw only an alert, or it took
   * too long, or the other side hung up in the middle of it. Told once for each connection; never
   * for one on which the other side sent nothing at all. Of one address no more than sixty a minute
   * are told; the next one tells how many were not.
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
