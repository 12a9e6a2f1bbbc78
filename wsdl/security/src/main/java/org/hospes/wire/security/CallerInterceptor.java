package org.hospes.wire.security;

import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import org.apache.cxf.binding.soap.SoapMessage;
import org.apache.cxf.interceptor.Fault;
import org.apache.cxf.phase.AbstractPhaseInterceptor;
import org.apache.cxf.phase.Phase;
import org.apache.cxf.transport.http.AbstractHTTPDestination;
import org.hospes.contract.common.FaultCategory;
import org.hospes.trust.credential.CredentialSource;
import org.hospes.wire.refusal.RefusalException;

/**
 * Decides who is calling a SOAP port. On signed ports: the signer, who is the end entity of the TLS
 * session, of a message for this endpoint that was not taken before.
 */
final class CallerInterceptor extends AbstractPhaseInterceptor<SoapMessage> {
  private static final int LONGEST_ID = 256;

  private final ProvenPaths paths;
  private final ReplayGuard replays;
  private final String path;
  private final boolean signed;
  private final CredentialSource host;

  /**
   * @param path of this endpoint, which wsa:To must name
   * @param host whose certificate says which hosts this is
   */
  CallerInterceptor(
      ProvenPaths paths, ReplayGuard replays, String path, boolean signed, CredentialSource host) {
    // After WSS4J and before anything unmarshals.
    super(Phase.USER_PROTOCOL);
    this.paths = paths;
    this.replays = replays;
    this.path = path;
    this.signed = signed;
    this.host = host;
  }

  @Override
  public void handleMessage(SoapMessage message) {
    try {
      HttpServletRequest request =
          (HttpServletRequest) message.get(AbstractHTTPDestination.HTTP_REQUEST);
      TlsPeer peer = TlsPeer.of(request);
      EnvelopeScreen.Screened screened = ScreeningInterceptor.screened(message);
      ProvenPaths.Proven caller = signed ? signer(message, screened, peer, request) : peer.proven();
      request.setAttribute(
          CallContext.ATTRIBUTE,
          new CallContext(
              caller.caller(),
              peer.proven().path(),
              screened.header("MessageID"),
              ScreeningInterceptor.bytes(message),
              peer.remoteAddress()));
    } catch (RefusalException e) {
      throw new Fault(e);
    }
  }

  private ProvenPaths.Proven signer(
      SoapMessage message,
      EnvelopeScreen.Screened screened,
      TlsPeer peer,
      HttpServletRequest request) {
    SignedMessage signature = SignedMessage.read(message, paths);
    if (!signature.signer().path().endEntity().equals(peer.proven().path().endEntity())) {
      throw SignedMessage.refused(
              "message.signer.other",
              "the message is signed by one person and came in the TLS session of another")
          .fact("signer", signature.signer().path().endEntity())
          .fact("tls", peer.proven().path().endEntity())
          .advice("Use the same certificate or proxy for TLS and for the signature.");
    }
    requireHere(screened.header("To"), request);
    if (screened.header("Action").isEmpty()) {
      throw SignedMessage.refused("message.addressing", "wsa:Action is missing");
    }
    String id =
        screened
            .header("MessageID")
            .filter(value -> !value.isEmpty() && value.length() <= LONGEST_ID)
            .orElseThrow(
                () ->
                    SignedMessage.refused(
                        "message.addressing", "wsa:MessageID is missing, empty or too long"));
    replays.take(signature.signer().path().endEntity(), id, signature.signedAt());
    return signature.signer();
  }

  /**
   * The path is this port's. The host is one that the host certificate names, the address that the
   * connection came in on, or the one that the request itself was sent to: sites are reached by
   * aliases that no certificate names, and the sender, who is the signer, chose that one. Ports are
   * translated on the way.
   */
  private void requireHere(Optional<String> to, HttpServletRequest request) {
    boolean here = false;
    try {
      URI found = new URI(to.orElse(""));
      String name = found.getHost();
      here =
          path.equals(found.getPath())
              && "https".equalsIgnoreCase(found.getScheme())
              && name != null
              && (name.equalsIgnoreCase(request.getServerName())
                  || ServerNames.names(host.current().leaf(), name)
                  || ServerNames.sameAddress(name, request.getLocalAddr()));
    } catch (URISyntaxException e) {
      // No address that can be read is no address of this endpoint.
    }
    if (!here) {
      throw RefusalException.of(
              FaultCategory.UNAUTHENTICATED, "message.to", "the message is for another endpoint")
          .fact("expected", path)
          .fact("found", to.orElse("no wsa:To"));
    }
  }
}
