package org.hospes.bench;

import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.namespace.QName;
import org.hospes.contract.workspace.Describe;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.credential.PemCredentials;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.PathRules;
import org.hospes.wire.security.ClientLimits;
import org.hospes.wire.security.ExpectedServer;
import org.hospes.wire.security.SecureClient;

/**
 * {@code soap.signed.rate}: signed requests answered per second, server and client on the same
 * cores in a Java each, beside the signatures that OpenSSL makes per second on one core. Each
 * request is signed, judged, answered, and the answer signed and judged.
 */
final class SoapRate {
  static final String PATH = "/workspace";
  static final String WSDL = "wsdl/workspace.wsdl";
  private static final QName SERVICE = new QName("urn:hospes:workspace:1:wsdl", "WorkspaceService");
  private static final Pattern OPENSSL_SIGNS =
      Pattern.compile("(?m)^rsa 2048 bits +[0-9.]+s +[0-9.]+s +([0-9.]+)");
  private static final int CALLERS = 4;
  private static final Duration GLANCE = Duration.ofSeconds(15);

  private final int rounds;
  private final Duration warmUp;
  private final Duration change;
  private final Duration round;

  /**
   * @param warmUp from cold: services run for weeks, and their compilers are done in minutes
   * @param change the same for another kind of credential, in the same Javas
   */
  SoapRate(int rounds, Duration warmUp, Duration change, Duration round) {
    this.rounds = rounds;
    this.warmUp = warmUp;
    this.change = change;
    this.round = round;
  }

  /** With a user's certificate, and with a proxy. */
  List<Figure> measure(Path folder, List<String> serverOptions) throws Exception {
    try (OtherJava server = OtherJava.start(SoapServer.class, serverOptions, folder.toString())) {
      String[] ready = server.ready().split(" ", 2);
      URI address = URI.create("https://localhost:" + ready[0] + PATH);
      try (CertificateDirectory paths =
          CertificateDirectory.open(
              Path.of(ready[1]), PathRules.strict(), Duration.ofMinutes(5), Clock.systemUTC())) {
        Credential ada =
            PemCredentials.load(folder.resolve("ada.pem"), folder.resolve("ada.key"), () -> null);
        Credential proxy = PemCredentials.loadProxy(folder.resolve("ada.proxy"));
        return List.of(
            measure("soap.signed.rate", warmUp, ada, paths, address, server),
            measure("soap.signed.rate.proxy", change, proxy, paths, address, server));
      }
    }
  }

  private Figure measure(
      String name,
      Duration warmUp,
      Credential credential,
      CertificateDirectory paths,
      URI address,
      OtherJava server)
      throws Exception {
    try (SecureClient client = new SecureClient(() -> credential, paths, ClientLimits.defaults())) {
      List<WorkspacePort> ports = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        ports.add(
            client.signed(
                WorkspacePort.class, SERVICE, WSDL, address, ExpectedServer.host("localhost")));
      }
      for (Duration left = warmUp; left.compareTo(Duration.ZERO) > 0; left = left.minus(GLANCE)) {
        double warm = rate(ports, left.compareTo(GLANCE) < 0 ? left : GLANCE);
        System.err.printf(
            "  %s while warming up, %d s to go: %.1f/s%n", name, left.toSeconds(), warm);
      }
      Rounds measured = new Rounds();
      for (int i = 0; i < rounds; i++) {
        double signs = opensslSignsPerSecond();
        double before = ownCpuSeconds();
        double serverBefore = server.cpuSeconds();
        double rate = rate(ports, round);
        measured.add(name, rate, signs);
        // On a machine that others use too, this says more than the rate.
        double requests = rate * round.toMillis() / 1e6;
        System.err.printf(
            "    CPU ms a request: client %.1f, server %.1f%n",
            (ownCpuSeconds() - before) / requests, (server.cpuSeconds() - serverBefore) / requests);
      }
      return Figure.of(name, "requests/s", "openssl speed rsa2048, signs/s", measured);
    }
  }

  /** Each caller sends its next request when it has the answer to the last. */
  private static double rate(List<WorkspacePort> ports, Duration time) throws Exception {
    ExecutorService callers = Executors.newFixedThreadPool(ports.size());
    try {
      long begin = System.nanoTime();
      long end = begin + time.toNanos();
      List<Future<Integer>> answered = new ArrayList<>();
      for (WorkspacePort port : ports) {
        answered.add(callers.submit(() -> callUntil(port, end)));
      }
      int sum = 0;
      for (Future<Integer> one : answered) {
        sum += one.get();
      }
      return sum / ((System.nanoTime() - begin) / 1e9);
    } finally {
      callers.shutdownNow();
    }
  }

  private static int callUntil(WorkspacePort port, long end) throws Exception {
    Describe request = new Describe();
    request.setId("hello");
    int answered = 0;
    while (System.nanoTime() < end) {
      String name = port.describe(request).getWorkspace().getName();
      if (!name.equals("hello")) {
        throw new IllegalStateException("asked for hello, was told of " + name);
      }
      answered++;
    }
    return answered;
  }

  private static double ownCpuSeconds() {
    return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
  }

  private static double opensslSignsPerSecond() throws Exception {
    String said = Tool.output("openssl", "speed", "-seconds", "2", "rsa2048");
    Matcher signs = OPENSSL_SIGNS.matcher(said);
    if (!signs.find()) {
      throw new IllegalStateException("openssl speed said no rate of signing: " + said);
    }
    return Double.parseDouble(signs.group(1));
  }
}
