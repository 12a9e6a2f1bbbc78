package org.hospes.wire.security;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.testsite.WireSite;

/**
 * How many signed requests a second are answered, client and server in one Java: {@code SignedRate
 * [seconds [clients [proxy]]]}. Prints one line: rate, latencies, processor time.
 */
public final class SignedRate {
  private SignedRate() {}

  /**
   * What was measured.
   *
   * @param rate answered requests a second
   * @param p50 median latency, ms
   * @param p99 99th percentile, ms
   * @param cpu processor time of both sides for one request, ms; stays the same on a busy machine
   */
  public record Result(double rate, double p50, double p99, double cpu) {}

  /** Warms up for as long as it then measures. */
  public static Result measure(Path directory, int seconds, int clients, boolean proxy)
      throws Exception {
    try (WireSite site = WireSite.create(directory)) {
      EchoPort echo = new EchoPort();
      SecureServer server =
          site.start(site.server().signed(EchoPort.PATH, echo, WorkspacePort.class, EchoPort.WSDL));
      Credential user = site.pki().user("Ada");
      SecureClient client = site.client(proxy ? site.pki().proxy(user, ProxyKind.FULL) : user);
      WorkspacePort port =
          client.signed(
              WorkspacePort.class,
              EchoPort.SERVICE,
              EchoPort.WSDL,
              WireSite.uri(server, EchoPort.PATH),
              WireSite.LOCALHOST);
      run(port, echo, seconds, clients);
      return run(port, echo, seconds, clients);
    }
  }

  private static Result run(WorkspacePort port, EchoPort echo, int seconds, int clients)
      throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    var process =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long cpu = process.getProcessCpuTime();
    long start = System.nanoTime();
    long end = start + seconds * 1_000_000_000L;
    Callable<List<Long>> caller =
        () -> {
          List<Long> took = new ArrayList<>();
          while (System.nanoTime() < end) {
            long before = System.nanoTime();
            port.listWorkspaces(EchoPort.ask("rate"));
            took.add(System.nanoTime() - before);
            echo.calls.clear();
          }
          return took;
        };
    List<Long> all = new ArrayList<>();
    for (Future<List<Long>> done :
        threads.invokeAll(java.util.Collections.nCopies(clients, caller))) {
      all.addAll(done.get());
    }
    double elapsed = (System.nanoTime() - start) / 1e9;
    threads.shutdown();
    long[] sorted = all.stream().mapToLong(Long::longValue).toArray();
    Arrays.sort(sorted);
    return new Result(
        sorted.length / elapsed,
        sorted[sorted.length / 2] / 1e6,
        sorted[(int) (sorted.length * 0.99)] / 1e6,
        (process.getProcessCpuTime() - cpu) / 1e6 / sorted.length);
  }

  public static void main(String[] args) throws Exception {
    int seconds = args.length > 0 ? Integer.parseInt(args[0]) : 15;
    int clients = args.length > 1 ? Integer.parseInt(args[1]) : 2;
    boolean proxy = args.length > 2 && args[2].equals("proxy");
    Result result = measure(Files.createTempDirectory("signed-rate"), seconds, clients, proxy);
    System.out.printf(
        "rate=%.0f/s p50=%.1fms p99=%.1fms cpu=%.1fms%n",
        result.rate(), result.p50(), result.p99(), result.cpu());
  }
}
