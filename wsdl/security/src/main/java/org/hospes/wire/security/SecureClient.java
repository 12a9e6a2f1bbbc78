package org.hospes.wire.security;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Clock;
import javax.net.ssl.SSLContext;
import javax.xml.namespace.QName;
import org.hospes.trust.credential.CredentialSource;
import org.hospes.trust.path.PathValidator;

/**
 * Calls the ports of {@link SecureServer}s with one credential. Safe for use by many threads, as
 * are the ports it makes; keep both, they are costly to make.
 *
 * <p>Before anything is sent the client judges its own chain, so that a person learns what the
 * server's alert cannot say: the call throws, with an UNAUTHENTICATED {@link
 * org.hospes.wire.refusal.RefusalException} for its cause. An answer is taken only from the
 * expected server, signed by the end entity of the TLS session, and related to the very message
 * that was sent. {@link org.hospes.wire.refusal.Refusals#of} reads whatever a call throws.
 */
public final class SecureClient implements AutoCloseable {
  private final SoapClient soap;
  private final OwnPapers papers;
  private final ClientTls tls;
  private final ClientLimits limits;

  /** With the system's clock. */
  public SecureClient(CredentialSource credential, PathValidator paths, ClientLimits limits) {
    this(credential, paths, limits, Clock.systemUTC());
  }

  public SecureClient(
      CredentialSource credential, PathValidator paths, ClientLimits limits, Clock clock) {
    ProvenPaths proven = new ProvenPaths(paths, CallerSource.namesOnly(), clock);
    this.papers = new OwnPapers(credential, proven);
    this.tls = new ClientTls(credential, proven);
    this.limits = limits;
    this.soap = new SoapClient(papers, tls, proven, limits);
  }

  /**
   * A port whose messages and answers are signed; X509v3 token for an end entity's certificate
   * alone, PKIPath for proxies and longer chains.
   *
   * @param port the generated port interface
   * @param service the WSDL's service, such as {@code
   *     {urn:hospes:workspace:1:wsdl}WorkspaceService}
   * @param wsdl where the WSDL stands in the class path
   * @param address https
   */
  public <P> P signed(
      Class<P> port, QName service, String wsdl, URI address, ExpectedServer expected) {
    return soap.port(port, service, wsdl, address, expected, true);
  }

  /** A port secured by mutual TLS alone. */
  public <P> P mutual(
      Class<P> port, QName service, String wsdl, URI address, ExpectedServer expected) {
    return soap.port(port, service, wsdl, address, expected, false);
  }

  /** For bytes: HTTP/1.1 over mutual TLS with this credential, no redirects. */
  public HttpClient bytes(ExpectedServer expected) {
    return HttpClient.newBuilder()
        .sslContext(tls.context(expected))
        .version(HttpClient.Version.HTTP_1_1)
        .connectTimeout(limits.connect())
        .followRedirects(HttpClient.Redirect.NEVER)
        .build();
  }

  /**
   * Asks by HTTP/1.1 for a connection of raw bytes, which the server opens with {@link Upgrades}.
   *
   * @param address https, with whatever the server wants to know in path and query
   * @param protocol what the connection is to become
   * @throws org.hospes.wire.refusal.RefusalException when the server refuses, or this client's own
   *     chain does not hold
   * @throws IOException when the connection breaks; {@link org.hospes.wire.refusal.Refusals#of}
   *     reads it
   */
  public RawConnection upgrade(URI address, String protocol, ExpectedServer expected)
      throws IOException {
    papers.check();
    return ClientUpgrade.open(tls.context(expected).getSocketFactory(), address, protocol, limits);
  }

  /** For other users of TLS; checks that the other side is the expected server by itself. */
  public SSLContext sslContext(ExpectedServer expected) {
    return tls.context(expected);
  }

  /**
   * Judges this client's own chain now.
   *
   * @throws org.hospes.wire.refusal.RefusalException UNAUTHENTICATED, with every problem
   */
  public void checkOwnPapers() {
    papers.check();
  }

  @Override
  public void close() {
    soap.close();
  }
}
