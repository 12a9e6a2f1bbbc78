package org.hospes.wire.security;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.cxf.binding.soap.SoapMessage;
import org.apache.cxf.interceptor.AttachmentInInterceptor;
import org.apache.cxf.interceptor.Fault;
import org.apache.cxf.message.Message;
import org.apache.cxf.message.MessageUtils;
import org.apache.cxf.phase.AbstractPhaseInterceptor;
import org.apache.cxf.phase.Phase;
import org.hospes.contract.common.FaultCategory;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.refusal.Refusals;

/**
 * Reads the whole message within its limit, screens it, keeps its bytes, and hands them on. What is
 * screened and what is then parsed are the same bytes in the same encoding.
 */
final class ScreeningInterceptor extends AbstractPhaseInterceptor<Message> {
  private static final String BYTES = ScreeningInterceptor.class.getName() + ".bytes";
  private static final String MESSAGE_ID = ScreeningInterceptor.class.getName() + ".id";
  private static final String ANONYMOUS = EnvelopeScreen.WSA + "/anonymous";
  private static final int LONGEST_ERROR = 64 * 1024;
  private static final String MEDIA_TYPE = "application/soap+xml";

  private final EnvelopeScreen screen;
  private final long most;

  ScreeningInterceptor(EnvelopeScreen screen, long most) {
    super(Phase.RECEIVE);
    this.screen = screen;
    this.most = most;
    addBefore(AttachmentInInterceptor.class.getName());
  }

  @Override
  public void handleMessage(Message message) {
    Map<String, String> headers = new HashMap<>();
    try {
      InputStream in = message.getContent(InputStream.class);
      if (in == null) {
        throw RefusalException.of(FaultCategory.INVALID, "message.empty", "there is no message");
      }
      if (MessageUtils.isRequestor(message)) {
        requireSoapAnswer(message, in);
      } else {
        requireSoap((String) message.get(Message.CONTENT_TYPE));
      }
      byte[] bytes = in.readNBytes((int) Math.min(most + 1, Integer.MAX_VALUE - 8));
      message.put(BYTES, bytes);
      EnvelopeScreen.Screened screened = screen(bytes, headers);
      message.put(EnvelopeScreen.Screened.class, screened);
      refuseOtherAnswerAddresses(screened);
      message.put(Message.ENCODING, "UTF-8");
      message.setContent(InputStream.class, new ByteArrayInputStream(bytes));
    } catch (RefusalException e) {
      throw new Fault(e);
    } catch (IOException e) {
      throw new Fault(
          RefusalException.of(
                  FaultCategory.INVALID, "message.cut", "the message broke off: " + e.getMessage())
              .causedBy(e));
    } finally {
      message.put(MESSAGE_ID, headers.get("MessageID"));
    }
  }

  private EnvelopeScreen.Screened screen(byte[] bytes, Map<String, String> headers) {
    if (bytes.length <= most) {
      return screen.screen(bytes, headers);
    }
    RefusalException refusal =
        RefusalException.of(
                FaultCategory.INVALID,
                "message.too-large",
                "a message here is at most " + most + " bytes")
            .fact("most", most);
    try {
      // Its beginning says which message it is.
      screen.screen(bytes, headers);
    } catch (RefusalException e) {
      refusal.addSuppressed(e);
    }
    throw refusal;
  }

  /** What is no SOAP comes from HTTP itself, or from a gate before the port. */
  private static void requireSoapAnswer(Message message, InputStream in) throws IOException {
    try {
      requireSoap((String) message.get(Message.CONTENT_TYPE));
    } catch (RefusalException e) {
      int status = message.get(Message.RESPONSE_CODE) instanceof Integer code ? code : 0;
      throw status >= 400
          ? Refusals.fromHttp(status, in.readNBytes(LONGEST_ERROR)).causedBy(e)
          : RefusalException.of(
                  FaultCategory.SITE, "answer.type", "the answer is no SOAP: " + e.getMessage())
              .causedBy(e);
    }
  }

  private static void requireSoap(String type) {
    String media = type == null ? "" : type.split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
    if (!media.equals(MEDIA_TYPE)) {
      throw RefusalException.of(
          FaultCategory.INVALID,
          "message.type",
          "a SOAP 1.2 message is " + MEDIA_TYPE + ", this one is " + type);
    }
    String rest = type.toLowerCase(Locale.ROOT);
    int charset = rest.indexOf("charset=");
    if (charset >= 0) {
      String value = rest.substring(charset + 8).split(";", 2)[0].trim().replace("\"", "");
      if (!value.equals("utf-8")) {
        throw RefusalException.of(
            FaultCategory.INVALID, "message.encoding", "a message is UTF-8, not " + value);
      }
    }
  }

  /** CXF would send answers and faults wherever these say. */
  private static void refuseOtherAnswerAddresses(EnvelopeScreen.Screened screened) {
    for (String name : new String[] {"ReplyTo", "FaultTo"}) {
      String address = screened.header(name).orElse(ANONYMOUS);
      if (!address.equals(ANONYMOUS)) {
        throw RefusalException.of(
                FaultCategory.INVALID,
                "message.reply-to",
                "an answer goes back on its own connection and nowhere else")
            .fact("wsa:" + name, address);
      }
    }
  }

  static byte[] bytes(Message message) {
    return message.get(BYTES) instanceof byte[] bytes ? bytes : new byte[0];
  }

  /** wsa:MessageID, also of a message that was refused, if it came so far. */
  static Optional<String> messageId(Message message) {
    return message.get(MESSAGE_ID) instanceof String id && !id.isEmpty()
        ? Optional.of(id)
        : Optional.empty();
  }

  static EnvelopeScreen.Screened screened(SoapMessage message) {
    return message.get(EnvelopeScreen.Screened.class);
  }
}
