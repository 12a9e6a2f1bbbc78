package org.hospes.wire.security;

import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import org.apache.cxf.message.Message;
import org.apache.cxf.ws.policy.AlternativeSelector;
import org.apache.cxf.ws.policy.Assertor;
import org.apache.cxf.ws.policy.PolicyEngine;
import org.apache.neethi.Assertion;
import org.apache.neethi.Policy;
import org.apache.wss4j.policy.SPConstants;
import org.apache.wss4j.policy.model.AbstractToken;
import org.apache.wss4j.policy.model.AsymmetricBinding;
import org.apache.wss4j.policy.model.X509Token;

/** Which of the policy's alternatives a client takes: the one with the token it can send. */
enum TokenChoice implements AlternativeSelector {
  X509_V3(X509Token.TokenType.WssX509V3Token10),
  PKI_PATH(X509Token.TokenType.WssX509PkiPathV1Token10);

  private final X509Token.TokenType token;

  TokenChoice(X509Token.TokenType token) {
    this.token = token;
  }

  @Override
  public Collection<Assertion> selectAlternative(
      Policy policy,
      PolicyEngine engine,
      Assertor assertor,
      List<List<Assertion>> request,
      Message message) {
    Iterator<List<Assertion>> alternatives = policy.getAlternatives();
    while (alternatives.hasNext()) {
      List<Assertion> alternative = alternatives.next();
      if (fits(alternative) && engine.supportsAlternative(alternative, assertor, message)) {
        return alternative;
      }
    }
    return null;
  }

  private boolean fits(List<Assertion> alternative) {
    for (Assertion assertion : alternative) {
      if (assertion instanceof AsymmetricBinding binding
          && binding.getName().getLocalPart().equals(SPConstants.ASYMMETRIC_BINDING)
          && binding.getInitiatorToken() != null) {
        AbstractToken initiator = binding.getInitiatorToken().getToken();
        return initiator instanceof X509Token x509 && x509.getTokenType() == token;
      }
    }
    // Without message security there is nothing to choose.
    return true;
  }
}
