package org.hospes.wire.security;

import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import java.util.regex.Pattern;
import javax.security.auth.callback.CallbackHandler;
import org.apache.wss4j.common.crypto.CryptoBase;
import org.apache.wss4j.common.crypto.CryptoType;
import org.apache.wss4j.common.ext.WSSecurityException;
import org.hospes.trust.credential.Credential;

/**
 * One credential as WSS4J wants it. Immutable, so that a signature never mixes two credentials; it
 * judges nobody: trust is {@link SignerTrust}'s alone.
 */
final class CredentialCrypto extends CryptoBase {
  static final String ALIAS = "credential";

  private final Credential credential;
  private final PrivateKey key;

  CredentialCrypto(Credential credential) {
    this.credential = credential;
    this.key = NativeCrypto.translated(credential.key());
  }

  Credential credential() {
    return credential;
  }

  @Override
  public String getDefaultX509Identifier() {
    return ALIAS;
  }

  @Override
  public X509Certificate[] getX509Certificates(CryptoType type) {
    boolean own =
        switch (type.getType()) {
          case ALIAS -> ALIAS.equals(type.getAlias());
          case ISSUER_SERIAL ->
              credential.leaf().getSerialNumber().equals(type.getSerial())
                  && credential
                      .leaf()
                      .getIssuerX500Principal()
                      .equals(new javax.security.auth.x500.X500Principal(type.getIssuer()));
          default -> false;
        };
    return own ? credential.chain().toArray(X509Certificate[]::new) : null;
  }

  @Override
  public String getX509Identifier(X509Certificate certificate) {
    return credential.leaf().equals(certificate) ? ALIAS : null;
  }

  @Override
  public PrivateKey getPrivateKey(X509Certificate certificate, CallbackHandler handler)
      throws WSSecurityException {
    return keyIf(credential.leaf().equals(certificate));
  }

  @Override
  public PrivateKey getPrivateKey(PublicKey key, CallbackHandler handler)
      throws WSSecurityException {
    return keyIf(credential.leaf().getPublicKey().equals(key));
  }

  @Override
  public PrivateKey getPrivateKey(String alias, String password) throws WSSecurityException {
    return keyIf(ALIAS.equals(alias));
  }

  private PrivateKey keyIf(boolean own) throws WSSecurityException {
    if (!own) {
      throw new WSSecurityException(
          WSSecurityException.ErrorCode.FAILURE,
          new IllegalArgumentException("only " + credential + " signs here"));
    }
    return key;
  }

  @Override
  public void verifyTrust(
      X509Certificate[] certificates,
      boolean enableRevocation,
      Collection<Pattern> subjects,
      Collection<Pattern> issuers)
      throws WSSecurityException {
    throw notHere(Arrays.toString(certificates));
  }

  @Override
  public void verifyTrust(PublicKey key) throws WSSecurityException {
    throw notHere("a bare key");
  }

  private static WSSecurityException notHere(String what) {
    return new WSSecurityException(
        WSSecurityException.ErrorCode.FAILED_AUTHENTICATION,
        new IllegalStateException("trust is not decided here: " + what));
  }
}
