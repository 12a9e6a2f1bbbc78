package org.hospes.wire.security;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.eclipse.jetty.ee11.servlet.ServletContextRequest;
import org.eclipse.jetty.io.EndPoint;
import org.hospes.contract.common.FaultCategory;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.refusal.Refusals;

/**
 * Stands before every port: looks at the chain of the TLS session again, for each request, and at
 * who may call the path. What it refuses on SOAP ports becomes a fault there; on other paths it
 * answers itself.
 */
final class PeerGate implements Filter {
  private static final String ELSEWHERE = "elsewhere";
  private static final Duration LONGEST_MESSAGE = Duration.ofSeconds(30);
  private static final Duration FOREVER = Duration.ofDays(365);
  private static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";

  private final ProvenPaths paths;
  private final Set<String> soapPaths;
  private final Set<String> servletPatterns;
  private final Map<String, Predicate<DistinguishedName>> peers;
  private final RefusalDesk desk;
  private final PaceKeeper keeper;
  private final CallerBudget budget;
  private final Pace.Rule bytes;
  private final Pace.Rule bodies;

  PeerGate(
      ProvenPaths paths,
      Set<String> soapPaths,
      Set<String> servletPatterns,
      Map<String, Predicate<DistinguishedName>> peers,
      RefusalDesk desk,
      PaceKeeper keeper,
      ServerLimits limits) {
    this.paths = paths;
    this.keeper = keeper;
    this.budget = new CallerBudget(limits.threads(), System::nanoTime);
    Duration stretch = limits.idle().dividedBy(3);
    this.bytes = new Pace.Rule(limits.bytesPerSecond(), stretch, FOREVER);
    this.bodies = new Pace.Rule(limits.bytesPerSecond(), stretch, LONGEST_MESSAGE);
    this.soapPaths = Set.copyOf(soapPaths);
    this.servletPatterns = Set.copyOf(servletPatterns);
    this.peers = Map.copyOf(peers);
    this.desk = desk;
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    HttpServletRequest http = (HttpServletRequest) request;
    HttpServletResponse answer = (HttpServletResponse) response;
    boolean soap = soapPaths.contains(path(http));
    Pace in = new Pace(soap ? bodies : bytes, System::nanoTime);
    Pace out = new Pace(bytes, System::nanoTime);
    EndPoint connection =
        ServletContextRequest.getServletContextRequest(request)
            .getConnectionMetaData()
            .getConnection()
            .getEndPoint();
    long start = System.nanoTime();
    keeper.watch(in, () -> connection.close(new IOException("the body came too slowly")));
    keeper.watch(out, () -> connection.close(new IOException("the answer was read too slowly")));
    try {
      gate(new PacedRequest(http, in), new PacedResponse(answer, out), chain);
    } finally {
      keeper.forget(in);
      keeper.forget(out);
      desk.served(mount(http).orElse(ELSEWHERE), answer.getStatus(), System.nanoTime() - start);
    }
  }

  private void gate(HttpServletRequest http, HttpServletResponse answer, FilterChain chain)
      throws IOException, ServletException {
    Optional<String> mount = mount(http);
    if (mount.isEmpty()) {
      answer.sendError(HttpServletResponse.SC_NOT_FOUND);
      return;
    }
    TlsPeer peer = peer(http);
    peer.putInto(http);
    if (peer.refusal() != null && peer.proven() == null) {
      // Nothing more is taken from a chain that no longer holds.
      answer.setHeader("Connection", "close");
    }
    if (soapPaths.contains(path(http))) {
      if (http.getMethod().equals("POST")) {
        soap(http, answer, chain, peer, mount.get());
      } else {
        answer.setHeader("Allow", "POST");
        answer.sendError(HttpServletResponse.SC_METHOD_NOT_ALLOWED);
      }
      return;
    }
    bytes(http, answer, chain, peer, mount.get());
  }

  /** Each caller in their turn; those that the site listed for a path are its own daemons. */
  private void soap(
      HttpServletRequest http,
      HttpServletResponse answer,
      FilterChain chain,
      TlsPeer peer,
      String mount)
      throws IOException, ServletException {
    if (peer.refusal() != null || peers.containsKey(mount)) {
      chain.doFilter(http, answer);
      return;
    }
    DistinguishedName caller = peer.proven().path().endEntity();
    long turn;
    try {
      turn = budget.enter(caller);
    } catch (RefusalException e) {
      // Neither signed nor audited: both would cost more than what is kept away.
      answer.setHeader("Retry-After", "1");
      refuse(answer, e, e);
      return;
    }
    try {
      TimeUnit.NANOSECONDS.sleep(turn);
      chain.doFilter(http, answer);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the server stops", e);
    } finally {
      budget.leave(caller);
    }
  }

  /**
   * What was configured to answer this request: the path of a port, exactly, or the pattern of a
   * servlet. Nothing else is let through: CXF by itself would also dispatch {@code /node/anything}
   * to the port at {@code /node}.
   */
  private Optional<String> mount(HttpServletRequest request) {
    String path = path(request);
    if (soapPaths.contains(path)) {
      return Optional.of(path);
    }
    String pattern = request.getHttpServletMapping().getPattern();
    return servletPatterns.contains(pattern) ? Optional.of(pattern) : Optional.empty();
  }

  private void bytes(
      HttpServletRequest request,
      HttpServletResponse response,
      FilterChain chain,
      TlsPeer peer,
      String mount)
      throws IOException, ServletException {
    try {
      if (peer.refusal() != null) {
        throw peer.refusal();
      }
      request.setAttribute(
          CallContext.ATTRIBUTE,
          new CallContext(
              peer.proven().caller(),
              peer.proven().path(),
              Optional.empty(),
              new byte[0],
              peer.remoteAddress()));
      chain.doFilter(request, response);
    } catch (RefusalException e) {
      boolean fromGate = e == peer.refusal();
      refuse(
          response,
          fromGate ? desk.turnedAway(e, peer, mount, path(request)) : desk.refusedByPort(e, mount),
          e);
    } catch (RuntimeException e) {
      refuse(response, desk.failed(e, peer, mount, path(request)), e);
    }
  }

  private static void refuse(
      HttpServletResponse response, RefusalException told, RuntimeException cause)
      throws IOException {
    if (response.isCommitted()) {
      // Half an answer is out: only cutting the connection says that it is not whole.
      throw new IOException("the answer broke off: " + told.code(), cause);
    }
    byte[] body = Refusals.toBytes(told);
    response.resetBuffer();
    response.setStatus(Refusals.httpStatus(told.category()));
    response.setContentType(Refusals.MEDIA_TYPE);
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }

  private TlsPeer peer(HttpServletRequest request) {
    String remote = request.getRemoteAddr() + ":" + request.getRemotePort();
    if (!(request.getAttribute(CERTIFICATES) instanceof X509Certificate[] certificates)
        || certificates.length == 0) {
      return new TlsPeer(
          null,
          remote,
          RefusalException.of(
              FaultCategory.UNAUTHENTICATED, "tls.no-certificate", "no certificate was shown"));
    }
    try {
      ProvenPaths.Proven proven = paths.prove(List.of(certificates));
      Predicate<DistinguishedName> allowed = allowed(request);
      if (allowed != null && !allowed.test(proven.path().endEntity())) {
        return new TlsPeer(
            proven,
            remote,
            RefusalException.of(
                    FaultCategory.NOT_ALLOWED,
                    "peer.not-allowed",
                    proven.path().endEntity() + " is not among those who may call " + path(request))
                .fact("dn", proven.path().endEntity())
                .advice("Ask the site's operator to list this name."));
      }
      return new TlsPeer(proven, remote, null);
    } catch (UntrustedPathException e) {
      return new TlsPeer(
          null,
          remote,
          RefusalException.of(
                  FaultCategory.UNAUTHENTICATED,
                  "peer.untrusted",
                  "the certificate of this connection is not trusted")
              .causedBy(e));
    }
  }

  private Predicate<DistinguishedName> allowed(HttpServletRequest request) {
    return peers.get(mount(request).orElse(""));
  }

  /** As the servlet container itself matches it: decoded, with what it normalised. */
  static String path(HttpServletRequest request) {
    String info = request.getPathInfo();
    return info == null ? request.getServletPath() : request.getServletPath() + info;
  }
}
