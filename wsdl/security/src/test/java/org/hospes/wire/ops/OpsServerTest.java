package org.hospes.wire.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OpsServerTest {
  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final AtomicReference<Supplier<Health>> health = new AtomicReference<>();
  private OpsServer server;

  @BeforeEach
  void start() throws Exception {
    server =
        new OpsServer(new InetSocketAddress("127.0.0.1", 0), metrics, () -> health.get().get());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private HttpResponse<String> get(String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + server.port() + path);
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void metricsInPrometheusFormat() throws Exception {
    metrics.counter("hospes.images.sha1", "who", "me").increment();
    HttpResponse<String> answer = get("/metrics");
    assertEquals(200, answer.statusCode());
    assertTrue(answer.body().contains("hospes_images_sha1_total{who=\"me\"} 1.0"), answer.body());
  }

  @Test
  void healthAsJson() throws Exception {
    health.set(() -> new Health(true, Map.of("database", "up \"now\"\n")));
    HttpResponse<String> answer = get("/health");
    assertEquals(200, answer.statusCode());
    assertEquals(
        "{\"ok\":true,\"parts\":{\"database\":\"up \\\"now\\\"\\u000a\"}}\n", answer.body());
  }

  @Test
  void illHealthIs503() throws Exception {
    health.set(() -> new Health(false, Map.of("crl", "expired")));
    assertEquals(503, get("/health").statusCode());
    health.set(
        () -> {
          throw new IllegalStateException("no database");
        });
    HttpResponse<String> answer = get("/health");
    assertEquals(503, answer.statusCode());
    assertTrue(answer.body().contains("no database"));
  }

  @Test
  void nothingElse() throws Exception {
    assertEquals(404, get("/").statusCode());
    assertEquals(404, get("/metrics/x").statusCode());
  }
}
