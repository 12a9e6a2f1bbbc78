package org.hospes.wire.security;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.KeyManagementException;
import java.security.SecureRandom;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;

/**
 * Sockets of a client that offer the suites of {@link TlsContexts#SUITES} and no others, whoever
 * makes them: a SOAP port, the fetch of an image, a console. Whatever a server would rather have is
 * then not offered to it.
 */
final class StrictSockets extends SSLSocketFactory {
  private final SSLSocketFactory sockets;

  private StrictSockets(SSLSocketFactory sockets) {
    this.sockets = sockets;
  }

  /** The same context, all of whose client sockets and engines are strict. */
  static SSLContext strict(SSLContext context) {
    return new Context(context);
  }

  private static SSLParameters strict(SSLParameters parameters) {
    parameters.setProtocols(TlsContexts.PROTOCOLS);
    parameters.setCipherSuites(TlsContexts.SUITES);
    return parameters;
  }

  private static Socket strict(Socket socket) {
    SSLSocket tls = (SSLSocket) socket;
    tls.setSSLParameters(strict(tls.getSSLParameters()));
    return tls;
  }

  @Override
  public String[] getDefaultCipherSuites() {
    return TlsContexts.SUITES.clone();
  }

  @Override
  public String[] getSupportedCipherSuites() {
    return sockets.getSupportedCipherSuites();
  }

  @Override
  public Socket createSocket() throws IOException {
    return strict(sockets.createSocket());
  }

  @Override
  public Socket createSocket(Socket wire, String host, int port, boolean close) throws IOException {
    return strict(sockets.createSocket(wire, host, port, close));
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return strict(sockets.createSocket(host, port));
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress from, int fromPort)
      throws IOException {
    return strict(sockets.createSocket(host, port, from, fromPort));
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return strict(sockets.createSocket(host, port));
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort)
      throws IOException {
    return strict(sockets.createSocket(host, port, from, fromPort));
  }

  private static final class Context extends SSLContext {
    Context(SSLContext context) {
      super(new Spi(context), context.getProvider(), context.getProtocol());
    }
  }

  private static final class Spi extends SSLContextSpi {
    private final SSLContext context;

    /** One for all: kept connections are found again by it. */
    private final SSLSocketFactory sockets;

    Spi(SSLContext context) {
      this.context = context;
      this.sockets = new StrictSockets(context.getSocketFactory());
    }

    @Override
    protected void engineInit(KeyManager[] keys, TrustManager[] trust, SecureRandom random)
        throws KeyManagementException {
      throw new KeyManagementException("this context is ready, and stays as it is");
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
      return sockets;
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
      throw new UnsupportedOperationException("this context is for clients");
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
      return strict(context.createSSLEngine());
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
      return strict(context.createSSLEngine(host, port));
    }

    private static SSLEngine strict(SSLEngine engine) {
      engine.setSSLParameters(StrictSockets.strict(engine.getSSLParameters()));
      return engine;
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
      return context.getServerSessionContext();
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
      return context.getClientSessionContext();
    }

    @Override
    protected SSLParameters engineGetDefaultSSLParameters() {
      return StrictSockets.strict(context.getDefaultSSLParameters());
    }

    @Override
    protected SSLParameters engineGetSupportedSSLParameters() {
      return context.getSupportedSSLParameters();
    }
  }
}
