package org.hospes.wire.security;

import jakarta.servlet.http.HttpServletRequest;
import org.apache.cxf.binding.soap.SoapMessage;
import org.apache.cxf.interceptor.Fault;
import org.apache.cxf.message.Message;
import org.apache.cxf.phase.AbstractPhaseInterceptor;
import org.apache.cxf.phase.Phase;
import org.apache.cxf.transport.http.AbstractHTTPDestination;
import org.hospes.contract.common.FaultCategory;
import org.hospes.wire.refusal.RefusalException;

/**
 * Speaks out what the gate decided. On signed ports only after the message was screened, so that
 * the refusal can be related to it; elsewhere before its body is read.
 */
final class GateInterceptor extends AbstractPhaseInterceptor<Message> {
  private final String path;

  GateInterceptor(String path, boolean signed) {
    super(Phase.RECEIVE);
    this.path = path;
    if (signed) {
      addAfter(ScreeningInterceptor.class.getName());
    } else {
      addBefore(ScreeningInterceptor.class.getName());
    }
  }

  @Override
  public void handleMessage(Message message) {
    HttpServletRequest request =
        (HttpServletRequest) message.get(AbstractHTTPDestination.HTTP_REQUEST);
    TlsPeer peer = TlsPeer.of(request);
    if (!path.equals(PeerGate.path(request))) {
      // The gate let another path through than the one whose peers it looked up.
      throw new Fault(
          RefusalException.of(FaultCategory.NOT_FOUND, "http.404", "there is no such port"));
    }
    if (peer.refusal() != null) {
      throw new Fault(peer.refusal());
    }
  }

  /** Marks the call as the port's own from here on. */
  static final class Called extends AbstractPhaseInterceptor<SoapMessage> {
    Called() {
      super(Phase.PRE_INVOKE);
      // Only when the policy was found to hold.
      addAfter("org.apache.cxf.ws.policy.PolicyVerificationInInterceptor");
    }

    @Override
    public void handleMessage(SoapMessage message) {
      message.getExchange().put(RefusalFaults.CALLED, Boolean.TRUE);
    }
  }
}
