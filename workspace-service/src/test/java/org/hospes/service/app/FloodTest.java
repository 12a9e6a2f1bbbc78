package org.hospes.service.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.hospes.contract.workspace.ListWorkspaces;
import org.hospes.contract.workspace.WorkspacePort;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One caller floods the real service; another asks as ever and is answered. */
class FloodTest {
  private static final int ASKED = 150;
  private static final int AT_ONCE = 64;
  private static final String NOTHING =
      "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body/></s:Envelope>";

  @TempDir Path directory;

  /** Counts decide; times are told, since they are those of whoever else uses the machine, too. */
  @Test
  void whoFloodsIsSentAwayAndNobodyElse() throws Exception {
    try (ServiceSite site = new ServiceSite(directory)) {
      site.start();
      WorkspacePort ada = site.as(site.ada);
      List<Long> quiet = ask(ada);
      Flood flood = new Flood(site);
      List<Long> flooded;
      try {
        flood.begun();
        flooded = ask(ada);
      } finally {
        flood.end();
      }
      System.out.printf(
          "quiet p50 %.1f ms, p99 %.1f ms; beside %d requests, %d of them sent away: p50 %.1f ms,"
              + " p99 %.1f ms: %.1f times%n",
          at(quiet, 50),
          at(quiet, 99),
          flood.sent.get(),
          flood.sentAway.get(),
          at(flooded, 50),
          at(flooded, 99),
          at(flooded, 99) / at(quiet, 99));
      assertEquals(ASKED, flooded.size(), "each of hers was answered");
      assertTrue(flood.sentAway.get() > 0, "nobody was sent away of " + flood.sent.get());
      // A kept connection may be closed by the server while the next request is on its way
      // (RFC 9112 section 9.5), and a client of so many requests meets that now and then.
      assertTrue(
          flood.broken.get() * 100L <= flood.sent.get(),
          () -> "who is sent away is told so; " + flood.broken + " of " + flood.sent + " were not");
    }
  }

  private static List<Long> ask(WorkspacePort port) throws Exception {
    List<Long> nanos = new ArrayList<>();
    for (int i = -ASKED / 3; i < ASKED; i++) {
      long began = System.nanoTime();
      ListWorkspaces request = new ListWorkspaces();
      request.setPageSize(10);
      assertEquals(List.of(), port.listWorkspaces(request).getWorkspace());
      if (i >= 0) {
        nanos.add(System.nanoTime() - began);
      }
    }
    return nanos;
  }

  private static double at(List<Long> nanos, int percent) {
    long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
    return sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)] / 1e6;
  }

  /**
   * Somebody with good papers who asks as fast as they can. Unsigned, so that the machine's time
   * goes into the service and not into making the flood.
   */
  private static final class Flood {
    final AtomicInteger sent = new AtomicInteger();
    final AtomicInteger sentAway = new AtomicInteger();
    final AtomicInteger broken = new AtomicInteger();
    private final AtomicBoolean over = new AtomicBoolean();
    private final ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
    private final List<Future<?>> running = new ArrayList<>();

    Flood(ServiceSite site) {
      HttpClient http = site.client(site.eve).bytes(ServiceSite.LOCALHOST);
      HttpRequest request =
          HttpRequest.newBuilder(site.uri("/workspace"))
              .header("Content-Type", "application/soap+xml; charset=UTF-8")
              .timeout(Duration.ofSeconds(60))
              .POST(HttpRequest.BodyPublishers.ofString(NOTHING))
              .build();
      for (int i = 0; i < AT_ONCE; i++) {
        running.add(threads.submit(() -> flood(http, request)));
      }
    }

    private void flood(HttpClient http, HttpRequest request) {
      while (!over.get()) {
        try {
          int status = http.send(request, BodyHandlers.ofString()).statusCode();
          sent.incrementAndGet();
          if (status == 503) {
            sentAway.incrementAndGet();
            // As it was told to, but for a moment: a whole second would be no flood.
            TimeUnit.MILLISECONDS.sleep(20);
          }
        } catch (java.io.IOException e) {
          broken.incrementAndGet();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return;
        }
      }
    }

    void begun() throws InterruptedException {
      while (sent.get() < AT_ONCE) {
        TimeUnit.MILLISECONDS.sleep(5);
      }
    }

    void end() throws Exception {
      over.set(true);
      for (Future<?> each : running) {
        each.get(60, TimeUnit.SECONDS);
      }
      threads.shutdown();
    }
  }
}
