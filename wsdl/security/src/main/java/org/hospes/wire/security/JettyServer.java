package org.hospes.wire.security;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Servlet;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.cxf.transport.servlet.CXFNonSpringServlet;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP server underneath: TLS, limits, the gate, the ports. */
final class JettyServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JettyServer.class);
  private static final long STOP_MILLIS = 5000;
  private static final int HEADER_BYTES = 16 * 1024;

  private final Server server;
  private final ServerConnector connector;
  private final SoapEndpoints soap;
  private final PaceKeeper keeper;

  private JettyServer(
      Server server, ServerConnector connector, SoapEndpoints soap, PaceKeeper keeper) {
    this.server = server;
    this.connector = connector;
    this.soap = soap;
    this.keeper = keeper;
  }

  static JettyServer start(SecureServerSetup setup) throws IOException {
    ProvenPaths paths = new ProvenPaths(setup.paths, setup.callers, setup.clock);
    RefusalDesk desk = new RefusalDesk(setup.listener, setup.metrics, setup.clock);
    QueuedThreadPool threads = new QueuedThreadPool(setup.limits.threads(), 4);
    threads.setName("wire");
    Server server = new Server(threads);
    server.setStopTimeout(STOP_MILLIS);
    ServerConnector connector = connector(server, setup, paths, desk);
    server.addConnector(connector);
    if (setup.limits.connections() > 0) {
      server.addBean(new NetworkConnectionLimit(setup.limits.connections(), connector));
    }
    SoapEndpoints soap = SoapEndpoints.publish(setup, paths, desk);
    PaceKeeper keeper = new PaceKeeper();
    server.setHandler(handler(setup, paths, desk, soap, keeper));
    JettyServer started = new JettyServer(server, connector, soap, keeper);
    try {
      server.start();
    } catch (Exception e) {
      started.close();
      throw e instanceof IOException io
          ? new IOException("cannot listen on " + setup.address + ": " + io.getMessage(), io)
          : new IOException("cannot serve on " + setup.address, e);
    }
    return started;
  }

  private static ServerConnector connector(
      Server server, SecureServerSetup setup, ProvenPaths paths, RefusalDesk desk) {
    HttpConfiguration http = new HttpConfiguration();
    http.setSecureScheme("https");
    http.setSendServerVersion(false);
    http.setSendDateHeader(false);
    http.setRequestHeaderSize(HEADER_BYTES);
    http.addCustomizer(new SecureRequestCustomizer(false));

    SslContextFactory.Server tls = new SslContextFactory.Server();
    tls.setSslContext(TlsContexts.server(setup.credential, paths));
    tls.setNeedClientAuth(true);
    tls.setIncludeProtocols(TlsContexts.PROTOCOLS);
    tls.setIncludeCipherSuites(TlsContexts.SUITES);
    tls.setRenegotiationAllowed(false);
    tls.setSniRequired(false);

    SslConnectionFactory ssl = new SslConnectionFactory(tls, "http/1.1");
    ssl.setDirectBuffersForDecryption(false);
    ServerConnector connector =
        new ServerConnector(server, 1, 1, ssl, new HttpConnectionFactory(http));
    OpenConnections open =
        new OpenConnections(
            paths, desk, setup.limits.handshake(), connector::getScheduler, server::isStopping);
    connector.addBean(open.handshakes());
    connector.addBean(open);
    connector.setHost(
        setup.address.getAddress() == null
            ? setup.address.getHostString()
            : setup.address.getAddress().getHostAddress());
    connector.setPort(setup.address.getPort());
    connector.setIdleTimeout(setup.limits.idle().toMillis());
    connector.setAcceptQueueSize(128);
    setup.paths.onChange(open::recheck);
    if (setup.metrics != null) {
      setup.metrics.gauge("hospes.wire.connections", open, OpenConnections::count);
    }
    return connector;
  }

  private static ServletContextHandler handler(
      SecureServerSetup setup,
      ProvenPaths paths,
      RefusalDesk desk,
      SoapEndpoints soap,
      PaceKeeper keeper) {
    ServletContextHandler context =
        new ServletContextHandler("/", ServletContextHandler.NO_SESSIONS);
    Set<String> soapPaths =
        setup.ports.stream().map(SecureServerSetup.SoapPort::path).collect(Collectors.toSet());
    PeerGate gate =
        new PeerGate(
            paths, soapPaths, setup.servlets.keySet(), setup.peers, desk, keeper, setup.limits);
    context.addFilter(new FilterHolder(gate), "/*", EnumSet.of(DispatcherType.REQUEST));
    for (Map.Entry<String, Servlet> servlet : setup.servlets.entrySet()) {
      ServletHolder holder = new ServletHolder(servlet.getValue());
      holder.setAsyncSupported(false);
      context.addServlet(holder, servlet.getKey());
    }
    if (!setup.ports.isEmpty()) {
      CXFNonSpringServlet cxf = new CXFNonSpringServlet(null, soap.bus());
      ServletHolder holder = new ServletHolder(cxf);
      holder.setInitParameter("hide-service-list-page", "true");
      holder.setInitOrder(1);
      context.addServlet(holder, "/*");
    }
    context.setErrorHandler(new PlainErrors());
    return context;
  }

  int port() {
    return connector.getLocalPort();
  }

  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      LOG.warn("the server did not stop cleanly", e);
    } finally {
      server.destroy();
      soap.close();
      keeper.close();
    }
  }
}
