package org.hospes.wire.security;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;
import java.util.Optional;
import javax.xml.namespace.QName;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.apache.cxf.binding.soap.Soap12;
import org.apache.cxf.binding.soap.SoapFault;
import org.apache.cxf.binding.soap.SoapMessage;
import org.apache.cxf.message.Exchange;
import org.apache.cxf.message.FaultMode;
import org.apache.cxf.message.Message;
import org.apache.cxf.phase.AbstractPhaseInterceptor;
import org.apache.cxf.phase.Phase;
import org.apache.cxf.service.model.BindingFaultInfo;
import org.apache.cxf.service.model.BindingOperationInfo;
import org.apache.cxf.transport.http.AbstractHTTPDestination;
import org.apache.cxf.ws.addressing.AddressingProperties;
import org.apache.cxf.ws.addressing.ContextUtils;
import org.apache.cxf.ws.addressing.JAXWSAConstants;
import org.apache.cxf.ws.policy.PolicyException;
import org.apache.wss4j.common.ext.WSSecurityException;
import org.hospes.contract.common.FaultCategory;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.refusal.Refusals;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/**
 * Turns whatever went wrong with a call into the fault {@code refused}, and sees to it that the
 * fault is related and signed like an answer even when the message never got as far as an
 * operation.
 */
final class RefusalFaults extends AbstractPhaseInterceptor<SoapMessage> {
  /** On the exchange once the port itself is called. */
  static final String CALLED = RefusalFaults.class.getName() + ".called";

  private static final QName ACTION =
      new QName("http://www.w3.org/2007/05/addressing/metadata", "Action");

  private final RefusalDesk desk;
  private final String path;

  RefusalFaults(RefusalDesk desk, String path) {
    super(Phase.SETUP);
    this.desk = desk;
    this.path = path;
    addBefore("org.apache.cxf.ws.policy.ServerPolicyOutFaultInterceptor");
  }

  @Override
  public void handleMessage(SoapMessage message) {
    Exchange exchange = message.getExchange();
    Throwable thrown = message.getContent(Exception.class);
    RefusalException told = decide(thrown, exchange);
    SoapFault fault =
        new SoapFault(
            told.toXml().getMessage(),
            told.category() == FaultCategory.SITE
                ? Soap12.getInstance().getReceiver()
                : Soap12.getInstance().getSender());
    fault.setDetail(detail(told));
    message.setContent(Exception.class, fault);
    exchange.put(Exception.class, fault);
    message.put(FaultMode.class, FaultMode.CHECKED_APPLICATION_FAULT);
    relate(message, exchange);
    asDeclared(message, exchange);
  }

  private RefusalException decide(Throwable thrown, Exchange exchange) {
    HttpServletRequest request =
        (HttpServletRequest) exchange.getInMessage().get(AbstractHTTPDestination.HTTP_REQUEST);
    TlsPeer peer = TlsPeer.of(request);
    Optional<RefusalException> said = Refusals.stated(thrown);
    if (exchange.containsKey(CALLED)) {
      return said.map(r -> desk.refusedByPort(r, path))
          .orElseGet(() -> desk.failed(cause(thrown), peer, path, path));
    }
    return desk.turnedAway(said.orElseGet(() -> classify(thrown)), peer, path, path);
  }

  private static Throwable cause(Throwable thrown) {
    return thrown.getCause() == null ? thrown : thrown.getCause();
  }

  /** Only what helps an honest caller: the rest goes to the listener under the reference. */
  private static RefusalException classify(Throwable thrown) {
    int depth = 0;
    for (Throwable t = thrown; t != null && depth < 16; t = t.getCause(), depth++) {
      if (t instanceof UntrustedPathException) {
        return SignedMessage.refused(
                "message.signer.untrusted", "the signer's certificate is not trusted")
            .causedBy(t);
      }
    }
    depth = 0;
    for (Throwable t = thrown; t != null && depth < 16; t = t.getCause(), depth++) {
      if (t instanceof WSSecurityException security) {
        return classify(security).causedBy(thrown);
      }
      if (t instanceof PolicyException) {
        return SignedMessage.refused(
                "message.policy", "the message's security is not what the WSDL's policy asks for")
            .causedBy(thrown);
      }
    }
    return RefusalException.of(
            FaultCategory.INVALID,
            "message.invalid",
            "the message does not fit the contract: " + deepest(thrown).getMessage())
        .causedBy(thrown);
  }

  private static RefusalException classify(WSSecurityException e) {
    return switch (e.getErrorCode()) {
      case MESSAGE_EXPIRED ->
          SignedMessage.refused(
                  "message.expired", "the message's timestamp is too old or in the future")
              .advice("Check this machine's clock.");
      case UNSUPPORTED_ALGORITHM, UNSUPPORTED_SECURITY_TOKEN, INVALID_SECURITY ->
          SignedMessage.refused(
              "message.algorithm",
              "the message's algorithms or tokens are not those of the WSDL's policy");
      case FAILED_CHECK ->
          SignedMessage.refused(
              "message.signature", "the signature does not verify: the message was altered");
      default ->
          SignedMessage.refused("message.security", "the message's security could not be verified");
    };
  }

  private static Throwable deepest(Throwable thrown) {
    Throwable t = thrown;
    int depth = 0;
    while (t.getCause() != null && depth++ < 16) {
      t = t.getCause();
    }
    return t;
  }

  private static Element detail(RefusalException refusal) {
    try {
      Document document =
          DocumentBuilderFactory.newDefaultNSInstance().newDocumentBuilder().newDocument();
      Element detail = document.createElementNS(EnvelopeScreen.SOAP, "soap:Detail");
      document.appendChild(detail);
      Refusals.write(refusal, detail);
      return detail;
    } catch (ParserConfigurationException e) {
      throw new IllegalStateException("this Java cannot make an XML document", e);
    }
  }

  /** A message refused before its headers were read has an id all the same. */
  private static void relate(SoapMessage message, Exchange exchange) {
    Message in = exchange.getInMessage();
    Object known = in.get(JAXWSAConstants.ADDRESSING_PROPERTIES_INBOUND);
    if (known == null) {
      AddressingProperties maps = new AddressingProperties();
      maps.exposeAs(EnvelopeScreen.WSA);
      ScreeningInterceptor.messageId(in)
          .ifPresent(id -> maps.setMessageID(ContextUtils.getAttributedURI(id)));
      known = maps;
    }
    message.put(JAXWSAConstants.ADDRESSING_PROPERTIES_INBOUND, known);
  }

  /**
   * The policy engine signs only the declared faults of an operation; all operations of a port
   * share one policy and one fault, so that any will do where none was found.
   */
  private static void asDeclared(SoapMessage message, Exchange exchange) {
    BindingOperationInfo operation = exchange.getBindingOperationInfo();
    if (operation == null) {
      operation =
          exchange.getEndpoint().getBinding().getBindingInfo().getOperations().stream()
              .filter(o -> !o.getFaults().isEmpty())
              .findFirst()
              .orElse(null);
    }
    if (operation == null || operation.getFaults().isEmpty()) {
      return;
    }
    BindingFaultInfo fault = operation.getFaults().iterator().next();
    exchange.put(BindingOperationInfo.class, operation);
    message.put(BindingFaultInfo.class, fault);
    Map<QName, Object> attributes = fault.getFaultInfo().getExtensionAttributes();
    if (attributes != null && attributes.get(ACTION) != null) {
      Object action = attributes.get(ACTION);
      message.put(
          ContextUtils.ACTION,
          action instanceof QName name ? name.getLocalPart() : action.toString());
    }
  }
}
