package org.hospes.service.workspace;

import org.hospes.trust.path.DistinguishedName;

/** The owner already has a workspace under this client token. */
public final class TokenTakenException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public TokenTakenException(DistinguishedName owner, String clientToken) {
    super(owner + " already has a workspace under the client token " + clientToken);
  }
}
