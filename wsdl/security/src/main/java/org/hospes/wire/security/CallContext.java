package org.hospes.wire.security;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Objects;
import java.util.Optional;
import org.apache.cxf.message.Message;
import org.apache.cxf.phase.PhaseInterceptorChain;
import org.apache.cxf.transport.http.AbstractHTTPDestination;
import org.hospes.trust.caller.Caller;
import org.hospes.trust.path.ValidatedPath;

/**
 * Who is calling, and with what. Holds for the one request; SOAP ports ask {@link #current()} on
 * the thread that CXF called them on, servlets ask {@link #of(HttpServletRequest)}.
 */
public final class CallContext {
  static final String ATTRIBUTE = CallContext.class.getName();

  private final Caller caller;
  private final ValidatedPath tlsPeer;
  private final Optional<String> messageId;
  private final byte[] message;
  private final String remoteAddress;

  /** For tests of ports: a server makes its own. */
  public CallContext(
      Caller caller,
      ValidatedPath tlsPeer,
      Optional<String> messageId,
      byte[] message,
      String remoteAddress) {
    this.caller = Objects.requireNonNull(caller, "caller");
    this.tlsPeer = Objects.requireNonNull(tlsPeer, "tlsPeer");
    this.messageId = Objects.requireNonNull(messageId, "messageId");
    this.message = message.clone();
    this.remoteAddress = Objects.requireNonNull(remoteAddress, "remoteAddress");
  }

  /**
   * The call that this thread is answering.
   *
   * @throws IllegalStateException outside a call to a port of a {@link SecureServer}
   */
  public static CallContext current() {
    Message message = PhaseInterceptorChain.getCurrentMessage();
    Object request = message == null ? null : message.get(AbstractHTTPDestination.HTTP_REQUEST);
    if (request instanceof HttpServletRequest http) {
      return of(http);
    }
    throw new IllegalStateException("no call is being answered on this thread");
  }

  /**
   * The call behind a servlet's request.
   *
   * @throws IllegalStateException when the request did not come through a {@link SecureServer}
   */
  public static CallContext of(HttpServletRequest request) {
    if (request.getAttribute(ATTRIBUTE) instanceof CallContext context) {
      return context;
    }
    throw new IllegalStateException(
        "the request for " + request.getRequestURI() + " did not come through a SecureServer");
  }

  /**
   * On signed ports the one who signed the message, elsewhere the one behind the TLS session; the
   * end entity is the same.
   */
  public Caller caller() {
    return caller;
  }

  /** The chain of the TLS session, looked at again for this request. */
  public ValidatedPath tlsPeer() {
    return tlsPeer;
  }

  /** wsa:MessageID of a SOAP message; on signed ports it is signed and was never seen before. */
  public Optional<String> messageId() {
    return messageId;
  }

  /** The raw SOAP message as received, on signed ports with its signature; empty for servlets. */
  public byte[] signedMessage() {
    return message.clone();
  }

  /** Address and port of the other side, for logs. */
  public String remoteAddress() {
    return remoteAddress;
  }
}
