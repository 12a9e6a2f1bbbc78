package org.hospes.service.app;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.hospes.contract.ConsoleChannel;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.security.RawConnection;
import org.hospes.wire.security.Upgrades;

/** A node's consoles as the service sees them; each writes back what is typed. */
final class TestNodeConsole extends HttpServlet {
  private static final long serialVersionUID = 1L;

  /** One that was asked for. */
  record Asked(String path, String holder, String over) {}

  final transient BlockingQueue<Asked> asked = new LinkedBlockingQueue<>();
  final transient BlockingQueue<RawConnection> open = new LinkedBlockingQueue<>();
  final transient BlockingQueue<String> ends = new LinkedBlockingQueue<>();
  transient volatile RefusalException refuseNext;

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response) {
    Upgrades.require(request, ConsoleChannel.PROTOCOL);
    asked.add(
        new Asked(
            request.getPathInfo(),
            request.getParameter(ConsoleChannel.HOLDER),
            request.getParameter(ConsoleChannel.OVER)));
    RefusalException refusal = refuseNext;
    refuseNext = null;
    if (refusal != null) {
      throw refusal;
    }
    Upgrades.accept(
        request,
        response,
        ConsoleChannel.PROTOCOL,
        Duration.ofSeconds(10),
        new Upgrades.Taker() {
          @Override
          public void opened(RawConnection connection) {
            open.add(connection);
            new Thread(() -> echo(connection), "echo").start();
          }

          @Override
          public void abandoned() {
            ends.add("abandoned");
          }
        });
  }

  private void echo(RawConnection connection) {
    byte[] piece = new byte[4096];
    try {
      for (int n = connection.read(piece); n >= 0; n = connection.read(piece)) {
        connection.write(piece, 0, n);
      }
      ends.add("end");
    } catch (IOException e) {
      ends.add("broke");
    }
    connection.close();
  }
}
