package org.hospes.wire.security;

import java.util.Optional;
import java.util.UUID;
import org.apache.cxf.binding.soap.SoapMessage;
import org.apache.cxf.interceptor.Fault;
import org.apache.cxf.message.Message;
import org.apache.cxf.phase.AbstractPhaseInterceptor;
import org.apache.cxf.phase.Phase;
import org.apache.cxf.ws.addressing.AddressingProperties;
import org.apache.cxf.ws.addressing.ContextUtils;
import org.apache.cxf.ws.addressing.JAXWSAConstants;
import org.hospes.trust.path.ValidatedPath;
import org.hospes.wire.refusal.RefusalException;

/**
 * Takes an answer, or a fault, only when the server of the TLS session signed it and it relates to
 * the very message that was sent.
 */
final class AnswerInterceptor extends AbstractPhaseInterceptor<SoapMessage> {
  /** On the exchange: the {@link ValidatedPath} of the server in the TLS session. */
  static final String SERVER = AnswerInterceptor.class.getName() + ".server";

  private static final String MESSAGE_ID = AnswerInterceptor.class.getName() + ".message-id";

  private final ProvenPaths paths;

  AnswerInterceptor(ProvenPaths paths) {
    // After WSS4J, before faults are told from answers.
    super(Phase.USER_PROTOCOL);
    this.paths = paths;
  }

  @Override
  public void handleMessage(SoapMessage message) {
    try {
      SignedMessage answer = SignedMessage.read(message, paths);
      if (!(message.getExchange().get(SERVER) instanceof ValidatedPath server)
          || !answer.signer().path().endEntity().equals(server.endEntity())) {
        throw SignedMessage.refused(
                "answer.signer", "the answer is signed by another than the server that was asked")
            .fact("signer", answer.signer().path().endEntity())
            .fact(
                "server",
                message.getExchange().get(SERVER) instanceof ValidatedPath s
                    ? s.endEntity()
                    : "unknown");
      }
      requireRelated(message, ScreeningInterceptor.screened(message).header("RelatesTo"));
    } catch (RefusalException e) {
      throw new Fault(e);
    }
  }

  private static void requireRelated(Message message, Optional<String> related) {
    String sent = (String) message.getExchange().get(MESSAGE_ID);
    if (sent == null || related.isEmpty() || !sent.equals(related.get())) {
      throw SignedMessage.refused("answer.unrelated", "the answer is to another message")
          .fact("sent", sent)
          .fact("relatesTo", related.orElse("no message"));
    }
  }

  /** Says it before CXF, which would not say to which message an answer is. */
  static final class Related extends AbstractPhaseInterceptor<Message> {
    Related() {
      super(Phase.RECEIVE);
      addAfter(ScreeningInterceptor.class.getName());
    }

    @Override
    public void handleMessage(Message message) {
      Optional<String> related = message.get(EnvelopeScreen.Screened.class).header("RelatesTo");
      if (related.isPresent()) {
        try {
          requireRelated(message, related);
        } catch (RefusalException e) {
          throw new Fault(e);
        }
      }
    }
  }

  /** Gives each request its MessageID, so that it is known whatever CXF does with its headers. */
  static final class MessageIds extends AbstractPhaseInterceptor<Message> {
    MessageIds() {
      super(Phase.SETUP);
    }

    @Override
    public void handleMessage(Message message) {
      String id = "urn:uuid:" + UUID.randomUUID();
      AddressingProperties headers = new AddressingProperties();
      headers.setMessageID(ContextUtils.getAttributedURI(id));
      message.put(JAXWSAConstants.CLIENT_ADDRESSING_PROPERTIES, headers);
      message.getExchange().put(MESSAGE_ID, id);
    }
  }
}
