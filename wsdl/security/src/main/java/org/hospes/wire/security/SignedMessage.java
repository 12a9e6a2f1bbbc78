package org.hospes.wire.security;

import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.apache.cxf.binding.soap.SoapMessage;
import org.apache.cxf.helpers.DOMUtils;
import org.apache.wss4j.dom.WSConstants;
import org.apache.wss4j.dom.WSDataRef;
import org.apache.wss4j.dom.engine.WSSecurityEngineResult;
import org.apache.wss4j.dom.handler.WSHandlerConstants;
import org.apache.wss4j.dom.handler.WSHandlerResult;
import org.apache.wss4j.dom.message.token.Timestamp;
import org.hospes.contract.common.FaultCategory;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.wire.refusal.RefusalException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * What WSS4J found about a message, held against what must be so whatever the policy said: one
 * signature, rsa-sha256 or ecdsa-sha256 (RFC 9231, 2.3.1 and 2.3.6), by a trusted chain, over this
 * Body, this Timestamp and every wsa header.
 *
 * @param signer the chain behind the signature
 * @param signedAt when the signed timestamp says it was made
 */
record SignedMessage(ProvenPaths.Proven signer, Instant signedAt) {
  static final String RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
  static final String ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";

  /**
   * @throws RefusalException UNAUTHENTICATED {@code message.*}
   */
  static SignedMessage read(SoapMessage message, ProvenPaths paths) {
    WSSecurityEngineResult signature = only(message, WSConstants.SIGN, "signature");
    WSSecurityEngineResult stamp = only(message, WSConstants.TS, "timestamp");
    Object algorithm = signature.get(WSSecurityEngineResult.TAG_SIGNATURE_METHOD);
    if (!RSA_SHA256.equals(algorithm) && !ECDSA_SHA256.equals(algorithm)) {
      throw refused(
          "message.algorithm", "signatures are rsa-sha256 or ecdsa-sha256 here, not " + algorithm);
    }
    requireSigned(signature, stamp);
    Timestamp timestamp = (Timestamp) stamp.get(WSSecurityEngineResult.TAG_TIMESTAMP);
    if (timestamp == null || timestamp.getCreated() == null) {
      throw refused("message.timestamp", "the timestamp does not say when the message was made");
    }
    try {
      return new SignedMessage(paths.prove(certificates(signature)), timestamp.getCreated());
    } catch (UntrustedPathException e) {
      throw refused("message.signer.untrusted", "the signer's certificate is not trusted")
          .causedBy(e);
    }
  }

  /** How a key signs messages. */
  static String algorithmOf(PublicKey key) {
    return key.getAlgorithm().equals("EC") ? ECDSA_SHA256 : RSA_SHA256;
  }

  private static List<X509Certificate> certificates(WSSecurityEngineResult signature) {
    if (signature.get(WSSecurityEngineResult.TAG_X509_CERTIFICATES)
        instanceof X509Certificate[] chain) {
      return List.of(chain);
    }
    if (signature.get(WSSecurityEngineResult.TAG_X509_CERTIFICATE)
        instanceof X509Certificate leaf) {
      return List.of(leaf);
    }
    throw refused("message.unsigned", "no certificate stands behind the signature");
  }

  private static WSSecurityEngineResult only(SoapMessage message, int action, String what) {
    if (!(message.get(WSHandlerConstants.RECV_RESULTS) instanceof List<?> received)
        || received.size() != 1
        || !(received.get(0) instanceof WSHandlerResult result)) {
      throw unsigned(what);
    }
    List<WSSecurityEngineResult> found = result.getActionResults().get(action);
    if (found == null || found.isEmpty()) {
      throw unsigned(what);
    }
    if (found.size() > 1) {
      throw refused("message.wrapping", "a message has one " + what);
    }
    return found.get(0);
  }

  private static RefusalException unsigned(String what) {
    return refused("message.unsigned", "the message has no " + what)
        .advice("Sign body, timestamp and addressing headers as the WSDL's policy says.");
  }

  private static void requireSigned(
      WSSecurityEngineResult signature, WSSecurityEngineResult stamp) {
    Set<Node> signed = Collections.newSetFromMap(new IdentityHashMap<>());
    if (signature.get(WSSecurityEngineResult.TAG_DATA_REF_URIS) instanceof List<?> references) {
      for (Object reference : references) {
        if (reference instanceof WSDataRef data && data.getProtectedElement() != null) {
          signed.add(DOMUtils.getDomElement(data.getProtectedElement()));
        }
      }
    }
    Element timestamp = ((Timestamp) stamp.get(WSSecurityEngineResult.TAG_TIMESTAMP)).getElement();
    require(signed, timestamp, "Timestamp");
    Element envelope = timestamp.getOwnerDocument().getDocumentElement();
    boolean body = false;
    for (Element part : DOMUtils.getChildrenWithNamespace(envelope, EnvelopeScreen.SOAP)) {
      if (part.getLocalName().equals("Body")) {
        require(signed, part, "Body");
        body = true;
      } else if (part.getLocalName().equals("Header")) {
        for (Element header : DOMUtils.getChildrenWithNamespace(part, EnvelopeScreen.WSA)) {
          require(signed, header, "wsa:" + header.getLocalName());
        }
      }
    }
    if (!body) {
      throw refused("message.wrapping", "the message has no Body");
    }
  }

  private static void require(Set<Node> signed, Element element, String name) {
    if (!signed.contains(DOMUtils.getDomElement(element))) {
      throw refused("message.unsigned", name + " is not signed")
          .advice("Sign body, timestamp and addressing headers as the WSDL's policy says.");
    }
  }

  static RefusalException refused(String code, String message) {
    return RefusalException.of(FaultCategory.UNAUTHENTICATED, code, message);
  }
}
