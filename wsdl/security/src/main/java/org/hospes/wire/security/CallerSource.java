package org.hospes.wire.security;

import org.hospes.trust.caller.Caller;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.trust.path.ValidatedPath;

/** Turns a validated chain into the caller it speaks for; {@code callerReader::read} fits. */
@FunctionalInterface
public interface CallerSource {
  /**
   * @throws UntrustedPathException when the attributes in the chain do not hold
   */
  Caller read(ValidatedPath path) throws UntrustedPathException;

  /** Callers without attributes: the end entity's name alone. */
  static CallerSource namesOnly() {
    return path -> new Caller(path.endEntity(), path.proxy(), java.util.List.of(), path.notAfter());
  }
}
