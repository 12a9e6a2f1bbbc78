package org.hospes.wire.security;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URL;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import javax.xml.namespace.QName;
import org.apache.cxf.Bus;
import org.apache.cxf.configuration.jsse.TLSClientParameters;
import org.apache.cxf.endpoint.Client;
import org.apache.cxf.frontend.ClientProxy;
import org.apache.cxf.jaxws.JaxWsProxyFactoryBean;
import org.apache.cxf.logging.FaultListener;
import org.apache.cxf.message.Message;
import org.apache.cxf.transport.http.HTTPConduit;
import org.apache.cxf.transport.http.MessageTrustDecider;
import org.apache.cxf.transport.http.URLConnectionInfo;
import org.apache.cxf.transport.http.UntrustedURLConnectionIOException;
import org.apache.cxf.transport.https.HttpsURLConnectionInfo;
import org.apache.cxf.transports.http.configuration.HTTPClientPolicy;
import org.apache.cxf.ws.policy.PolicyEngine;
import org.hospes.trust.path.ValidatedPath;
import org.hospes.wire.refusal.RefusalException;

/** Makes ports of CXF's clients; one bus for each kind of token, since a bus keeps its policies. */
final class SoapClient implements AutoCloseable {
  private final OwnPapers papers;
  private final ClientTls tls;
  private final ProvenPaths paths;
  private final ClientLimits limits;
  private final Map<TokenChoice, Bus> buses = new EnumMap<>(TokenChoice.class);

  SoapClient(OwnPapers papers, ClientTls tls, ProvenPaths paths, ClientLimits limits) {
    this.papers = papers;
    this.tls = tls;
    this.paths = paths;
    this.limits = limits;
  }

  private synchronized Bus bus(TokenChoice choice) {
    return buses.computeIfAbsent(
        choice,
        token -> {
          Bus bus = WireBus.create();
          // The other conduit hides the server's certificates until the message is sent.
          bus.setProperty("force.urlconnection.http.conduit", Boolean.TRUE);
          bus.getExtension(PolicyEngine.class).setAlternativeSelector(token);
          return bus;
        });
  }

  <P> P port(
      Class<P> type,
      QName service,
      String wsdl,
      URI address,
      ExpectedServer expected,
      boolean signed) {
    if (!"https".equals(address.getScheme())) {
      throw new IllegalArgumentException("a secured port has an https address, not " + address);
    }
    Bus bus = bus(signed && papers.needPath() ? TokenChoice.PKI_PATH : TokenChoice.X509_V3);
    try {
      URL location = WsdlPort.locate(wsdl, type);
      JaxWsProxyFactoryBean factory = new JaxWsProxyFactoryBean();
      factory.setBus(bus);
      factory.setServiceClass(type);
      factory.setWsdlURL(location.toString());
      factory.setServiceName(service);
      factory.setEndpointName(WsdlPort.read(bus, location).port());
      factory.setAddress(address.toString());
      Map<String, Object> properties =
          SecurityProperties.common(paths, limits.messageLifetime(), limits.clockSkew());
      properties.put(FaultListener.class.getName(), (FaultListener) SoapClient::quiet);
      factory.setProperties(properties);
      EnvelopeScreen screen = new EnvelopeScreen(limits.xmlDepth(), limits.xmlElements());
      factory.getOutInterceptors().add(SigningInterceptor.outgoing(papers::check));
      factory.getInInterceptors().add(new ScreeningInterceptor(screen, limits.messageBytes()));
      if (signed) {
        factory.getOutInterceptors().add(new AnswerInterceptor.MessageIds());
        factory.getInInterceptors().add(SigningInterceptor.incoming(papers::check));
        factory.getInInterceptors().add(new AnswerInterceptor.Related());
        factory.getInInterceptors().add(new AnswerInterceptor(paths));
      }
      P port = type.cast(factory.create());
      secure(ClientProxy.getClient(port), expected);
      return port;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean quiet(Exception fault, String description, Message message) {
    return false;
  }

  private void secure(Client client, ExpectedServer expected) {
    HTTPConduit conduit = (HTTPConduit) client.getConduit();
    TLSClientParameters parameters = new TLSClientParameters();
    parameters.setSSLSocketFactory(tls.context(expected).getSocketFactory());
    // ClientTls checks names, grid customs included.
    parameters.setDisableCNCheck(true);
    conduit.setTlsClientParameters(parameters);
    HTTPClientPolicy http = new HTTPClientPolicy();
    http.setConnectionTimeout(limits.connect().toMillis());
    http.setReceiveTimeout(limits.answer().toMillis());
    http.setAutoRedirect(false);
    // In streaming mode the JDK neither sends a POST a second time by itself, which would be a
    // replay, nor takes up a kept connection without looking whether it still stands.
    http.setAllowChunking(true);
    http.setChunkingThreshold(0);
    conduit.setClient(http);
    conduit.setTrustDecider(new ServerDecider(tls, expected));
  }

  @Override
  public synchronized void close() {
    buses.values().forEach(bus -> bus.shutdown(true));
    buses.clear();
  }

  /** Looks at the server's chain again before each message, a kept connection or not. */
  private static final class ServerDecider extends MessageTrustDecider {
    private final ClientTls tls;
    private final ExpectedServer expected;

    ServerDecider(ClientTls tls, ExpectedServer expected) {
      this.tls = tls;
      this.expected = expected;
    }

    @Override
    public void establishTrust(String conduit, URLConnectionInfo connection, Message message)
        throws UntrustedURLConnectionIOException {
      if (!(connection instanceof HttpsURLConnectionInfo https)) {
        throw new UntrustedURLConnectionIOException("the connection is not TLS");
      }
      var shown = https.getServerCertificates();
      List<X509Certificate> chain =
          List.of(Arrays.copyOf(shown, shown.length, X509Certificate[].class));
      try {
        ValidatedPath server = tls.check(chain, expected);
        message.getExchange().put(AnswerInterceptor.SERVER, server);
      } catch (RefusalException e) {
        UntrustedURLConnectionIOException untrusted =
            new UntrustedURLConnectionIOException(e.getMessage());
        untrusted.initCause(e);
        throw untrusted;
      }
    }
  }
}
