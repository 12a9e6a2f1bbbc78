package org.hospes.wire.security;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayDeque;
import java.util.Deque;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.credential.CredentialSource;

/**
 * Shows the credential in force at each handshake. A handshake that began with an older one can
 * finish with it: the last few stay known by their alias.
 */
class CredentialKeys extends X509ExtendedKeyManager {
  private static final int REMEMBERED = 4;

  private final CredentialSource source;
  private final Deque<Held> held = new ArrayDeque<>();
  private long next;

  private record Held(String alias, Credential credential) {}

  CredentialKeys(CredentialSource source) {
    this.source = source;
  }

  // A source hands out the same object until it has another.
  @SuppressWarnings("ReferenceEquality")
  private synchronized String alias(String... keyTypes) {
    Credential current = source.current();
    Held newest = held.peekFirst();
    if (newest == null || newest.credential() != current) {
      newest = new Held("credential-" + next++, current);
      held.addFirst(newest);
      if (held.size() > REMEMBERED) {
        held.removeLast();
      }
    }
    String algorithm = current.key().getAlgorithm();
    for (String keyType : keyTypes) {
      if (keyType.equals(algorithm)) {
        return newest.alias();
      }
    }
    return null;
  }

  private synchronized Credential find(String alias) {
    return held.stream()
        .filter(h -> h.alias().equals(alias))
        .map(Held::credential)
        .findFirst()
        .orElse(null);
  }

  @Override
  public String chooseEngineClientAlias(String[] keyTypes, Principal[] issuers, SSLEngine engine) {
    return alias(keyTypes);
  }

  @Override
  public String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
    return alias(keyType);
  }

  @Override
  public String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
    return alias(keyTypes);
  }

  @Override
  public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
    return alias(keyType);
  }

  @Override
  public String[] getClientAliases(String keyType, Principal[] issuers) {
    String alias = alias(keyType);
    return alias == null ? null : new String[] {alias};
  }

  @Override
  public String[] getServerAliases(String keyType, Principal[] issuers) {
    return getClientAliases(keyType, issuers);
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    Credential credential = find(alias);
    return credential == null ? null : credential.chain().toArray(X509Certificate[]::new);
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    Credential credential = find(alias);
    return credential == null ? null : credential.key();
  }
}
