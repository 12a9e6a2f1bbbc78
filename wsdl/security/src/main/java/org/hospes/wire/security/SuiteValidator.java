package org.hospes.wire.security;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import javax.xml.namespace.QName;
import org.apache.cxf.ws.policy.AssertionInfo;
import org.apache.cxf.ws.security.wss4j.policyvalidators.AlgorithmSuitePolicyValidator;
import org.apache.cxf.ws.security.wss4j.policyvalidators.PolicyValidatorParameters;
import org.apache.cxf.ws.security.wss4j.policyvalidators.SecurityPolicyValidator;
import org.apache.wss4j.dom.engine.WSSecurityEngineResult;
import org.apache.wss4j.dom.handler.WSHandlerResult;
import org.apache.wss4j.policy.SP12Constants;

/**
 * CXF's judge of algorithms, which knows the lengths of RSA and DSA keys alone and refuses others:
 * it is not shown keys. How long a signer's key must be is the path validator's to say, as for
 * every certificate.
 */
final class SuiteValidator extends AlgorithmSuitePolicyValidator {
  static final Map<QName, SecurityPolicyValidator> INSTEAD =
      Map.of(SP12Constants.ALGORITHM_SUITE, new SuiteValidator());

  private SuiteValidator() {}

  @Override
  public void validatePolicies(
      PolicyValidatorParameters parameters, Collection<AssertionInfo> assertions) {
    WSHandlerResult all = parameters.getResults();
    List<WSSecurityEngineResult> keyless =
        all.getResults().stream().map(SuiteValidator::withoutKey).toList();
    PolicyValidatorParameters shown = new PolicyValidatorParameters();
    shown.setMessage(parameters.getMessage());
    shown.setAssertionInfoMap(parameters.getAssertionInfoMap());
    shown.setResults(new WSHandlerResult(all.getActor(), keyless, all.getActionResults()));
    super.validatePolicies(shown, assertions);
  }

  private static WSSecurityEngineResult withoutKey(WSSecurityEngineResult result) {
    WSSecurityEngineResult copy =
        new WSSecurityEngineResult((Integer) result.get(WSSecurityEngineResult.TAG_ACTION));
    copy.putAll(result);
    copy.remove(WSSecurityEngineResult.TAG_PUBLIC_KEY);
    copy.remove(WSSecurityEngineResult.TAG_X509_CERTIFICATE);
    return copy;
  }
}
