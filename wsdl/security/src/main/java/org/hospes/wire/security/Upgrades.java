package org.hospes.wire.security;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import org.eclipse.jetty.ee11.servlet.ServletContextRequest;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.server.Request;
import org.hospes.contract.common.FaultCategory;
import org.hospes.wire.refusal.RefusalException;

/** HTTP requests that become a {@link RawConnection}; the server's end of {@link SecureClient}. */
public final class Upgrades {
  static final String UPGRADE = "Upgrade";
  static final String CONNECTION = "Connection";

  private Upgrades() {}

  /** Who takes connections over; exactly one of these is called, once, for each {@link #accept}. */
  public interface Taker {
    /** It is open. Called on a thread of the server's, which it must not hold. */
    void opened(RawConnection connection);

    /** The other side went away before it was. */
    void abandoned();
  }

  /**
   * @param protocol what the connection must be asked to become
   * @throws RefusalException INVALID when the request is no GET that asks for this
   */
  public static void require(HttpServletRequest request, String protocol) {
    if (!request.getMethod().equals("GET")
        || !names(request, CONNECTION, UPGRADE)
        || !names(request, UPGRADE, protocol)) {
      throw RefusalException.of(
              FaultCategory.INVALID,
              "upgrade.required",
              "this address answers no plain request; it becomes a connection of raw bytes")
          .fact("expected", "GET with 'Connection: Upgrade' and 'Upgrade: " + protocol + "'")
          .fact("found", request.getMethod() + " with 'Upgrade: " + asked(request) + "'")
          .advice("use a client that knows this protocol, as `workspace console --attach` does");
    }
  }

  /**
   * Answers 101, and nothing more may be written to the response. The connection is then exempt
   * from the server's idle time and pace; whoever takes it keeps its bounds.
   *
   * @param stall longest time that the other side may take to read what is written to it
   */
  public static void accept(
      HttpServletRequest request,
      HttpServletResponse response,
      String protocol,
      Duration stall,
      Taker taker) {
    ServletContextRequest context = ServletContextRequest.getServletContextRequest(request);
    ConnectionMetaData http = context.getConnectionMetaData();
    UpgradedConnection upgraded =
        new UpgradedConnection(
            http.getConnection().getEndPoint(),
            http.getConnector().getExecutor(),
            http.getConnector().getScheduler(),
            stall,
            taker);
    context.addHttpStreamWrapper(stream -> new Completion(stream, upgraded));
    // The server looks at its own request and not at what the servlet context made of it.
    Request.unWrap(context).setAttribute(HttpStream.UPGRADE_CONNECTION_ATTRIBUTE, upgraded);
    response.setStatus(HttpServletResponse.SC_SWITCHING_PROTOCOLS);
    response.setHeader(CONNECTION, UPGRADE);
    response.setHeader(UPGRADE, protocol);
  }

  /** Sees the request end, which is when the connection is open or never will be. */
  private static final class Completion extends HttpStream.Wrapper {
    private final UpgradedConnection upgraded;

    Completion(HttpStream stream, UpgradedConnection upgraded) {
      super(stream);
      this.upgraded = upgraded;
    }

    @Override
    public void succeeded() {
      try {
        super.succeeded();
      } finally {
        upgraded.requestEnded();
      }
    }

    @Override
    public void failed(Throwable cause) {
      try {
        super.failed(cause);
      } finally {
        upgraded.requestEnded();
      }
    }
  }

  private static boolean names(HttpServletRequest request, String header, String token) {
    return Collections.list(request.getHeaders(header)).stream()
        .flatMap(value -> Arrays.stream(value.split(",")))
        .anyMatch(value -> value.strip().equalsIgnoreCase(token));
  }

  private static String asked(HttpServletRequest request) {
    return String.valueOf(request.getHeader(UPGRADE));
  }
}
