package org.hospes.wire.ops;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Metrics and health for the site's own monitoring: plain HTTP, GET {@code /metrics} in Prometheus'
 * text format and GET {@code /health} as JSON with status 200 or 503. Bind it to loopback: it asks
 * nobody who they are.
 */
public final class OpsServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OpsServer.class);

  private final HttpServer http;
  private final ExecutorService threads;

  /**
   * Binds and serves at once.
   *
   * @param health asked at each request; what it throws counts as not healthy
   * @throws IOException when the address cannot be bound
   */
  public OpsServer(
      InetSocketAddress address, PrometheusMeterRegistry metrics, Supplier<Health> health)
      throws IOException {
    try {
      http = HttpServer.create(address, 16);
    } catch (IOException e) {
      throw new IOException(
          "cannot listen for operations on " + address + ": " + e.getMessage(), e);
    }
    threads =
        Executors.newFixedThreadPool(
            2,
            run -> {
              Thread thread = new Thread(run, "ops");
              thread.setDaemon(true);
              return thread;
            });
    http.setExecutor(threads);
    http.createContext(
        "/metrics",
        exchange ->
            answer(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", metrics.scrape()));
    http.createContext("/health", exchange -> answer(exchange, health));
    http.start();
  }

  /** The port it listens on. */
  public int port() {
    return http.getAddress().getPort();
  }

  private static void answer(HttpExchange exchange, Supplier<Health> health) throws IOException {
    Health now;
    try {
      now = health.get();
    } catch (RuntimeException e) {
      LOG.warn("health could not be told", e);
      now = new Health(false, java.util.Map.of("health", "could not be told: " + e));
    }
    answer(exchange, now.ok() ? 200 : 503, "application/json", HealthJson.write(now));
  }

  private static void answer(HttpExchange exchange, int status, String type, String body)
      throws IOException {
    try (exchange) {
      String method = exchange.getRequestMethod();
      boolean exact =
          exchange.getHttpContext().getPath().equals(exchange.getRequestURI().getPath());
      if (!exact) {
        exchange.sendResponseHeaders(404, -1);
      } else if (!method.equals("GET") && !method.equals("HEAD")) {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
        exchange.sendResponseHeaders(405, -1);
      } else {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, method.equals("HEAD") ? -1 : bytes.length);
        if (method.equals("GET")) {
          exchange.getResponseBody().write(bytes);
        }
      }
    }
  }

  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
  }
}
