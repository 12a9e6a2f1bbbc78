package org.hospes.wire.security;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.cxf.message.Message;
import org.apache.cxf.ws.security.SecurityConstants;

/** What both ends tell CXF about message security beside the WSDL's policy. */
final class SecurityProperties {
  private SecurityProperties() {}

  static Map<String, Object> common(ProvenPaths paths, Duration lifetime, Duration skew) {
    Map<String, Object> properties = new HashMap<>();
    properties.put(SecurityConstants.POLICY_VALIDATOR_MAP, SuiteValidator.INSTEAD);
    properties.put("ws-security.signature.validator", new SignerTrust(paths));
    properties.put("ws-security.enable.streaming", Boolean.FALSE);
    properties.put("ws-security.timestamp.timeToLive", Long.toString(lifetime.toSeconds()));
    properties.put("ws-security.timestamp.futureTimeToLive", Long.toString(skew.toSeconds()));
    // ReplayGuard does it, atomically and by the signed MessageID.
    properties.put("ws-security.enable.timestamp.cache", Boolean.FALSE);
    properties.put("ws-security.enable.nonce.cache", Boolean.FALSE);
    properties.put("ws-security.return.security.error", Boolean.FALSE);
    return properties;
  }

  /** Signs this message, and refers to keys in what comes in, with one credential. */
  static void sign(Message message, CredentialCrypto crypto) {
    // Basic256Sha256 alone still means rsa-sha1, to sign and to accept. What is accepted is either
    // of two algorithms that CXF keeps in the one policy of all messages; so they are always the
    // same two, and that the second is called symmetric there means nothing: SignedMessage wants a
    // certificate behind whatever signed.
    String own = SignedMessage.algorithmOf(crypto.credential().leaf().getPublicKey());
    if (message.get(SecurityConstants.ASYMMETRIC_SIGNATURE_ALGORITHM) == null) {
      message.put(SecurityConstants.ASYMMETRIC_SIGNATURE_ALGORITHM, own);
    }
    message.put(
        SecurityConstants.SYMMETRIC_SIGNATURE_ALGORITHM,
        own.equals(SignedMessage.RSA_SHA256)
            ? SignedMessage.ECDSA_SHA256
            : SignedMessage.RSA_SHA256);
    message.put(SecurityConstants.SIGNATURE_CRYPTO, crypto);
    message.put(SecurityConstants.SIGNATURE_USERNAME, CredentialCrypto.ALIAS);
    // The key is open already; CXF would ask a callback for a password otherwise.
    message.put(SecurityConstants.SIGNATURE_PASSWORD, "open");
    message.put(SecurityConstants.ENCRYPT_CRYPTO, crypto);
  }
}
