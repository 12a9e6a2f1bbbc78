package org.hospes.wire.security;

import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.List;
import org.apache.wss4j.common.crypto.Crypto;
import org.apache.wss4j.common.ext.WSSecurityException;
import org.apache.wss4j.dom.handler.RequestData;
import org.apache.wss4j.dom.validate.SignatureTrustValidator;
import org.hospes.trust.path.UntrustedPathException;

/**
 * Puts the one path validator in the place of WSS4J's own, which knows neither proxies nor CRLs.
 */
final class SignerTrust extends SignatureTrustValidator {
  private final ProvenPaths paths;

  SignerTrust(ProvenPaths paths) {
    this.paths = paths;
  }

  @Override
  protected void validateCertificates(X509Certificate[] certificates) {
    // Validity belongs to the path validator too.
  }

  @Override
  protected void verifyTrustInCerts(
      X509Certificate[] certificates, Crypto crypto, RequestData data, boolean enableRevocation)
      throws WSSecurityException {
    try {
      paths.prove(List.of(certificates));
    } catch (UntrustedPathException e) {
      throw new WSSecurityException(WSSecurityException.ErrorCode.FAILED_AUTHENTICATION, e);
    }
  }

  @Override
  protected void validatePublicKey(PublicKey key, Crypto crypto) throws WSSecurityException {
    throw new WSSecurityException(
        WSSecurityException.ErrorCode.FAILED_AUTHENTICATION,
        new IllegalArgumentException("a bare key names nobody"));
  }
}
