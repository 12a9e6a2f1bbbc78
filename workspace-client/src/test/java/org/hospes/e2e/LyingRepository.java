package org.hospes.e2e;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Arrays;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.credential.PemCredentials;

/**
 * Somebody on the way from the repository to the nodes who has the repository's own key, hands out
 * its bytes, and turns one bit of them over. A process of its own in the site's head; the packet
 * filter there leads the nodes to it.
 */
final class LyingRepository implements AutoCloseable {
  private static final int PORT = 9446;
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d*)");

  private final Site site;
  private final Process process;

  private LyingRepository(Site site, Process process) {
    this.site = site;
    this.process = process;
  }

  /** Stands between repository and nodes until it is closed. */
  static LyingRepository between(Site site, Path honest) throws Exception {
    Person host = Person.host(site.grid(), "repo.hospes.test");
    Path log = site.log("lying-repository.log");
    Process process =
        new ProcessBuilder(
                "ip",
                "netns",
                "exec",
                site.namespace("head"),
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                LyingRepository.class.getName(),
                honest.toString(),
                host.certificate().toString(),
                host.key().toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    LyingRepository lying = new LyingRepository(site, process);
    Site.await(
        "the lying repository stands",
        java.time.Duration.ofSeconds(60),
        () -> Files.readString(log).contains("READY"));
    lying.filter(
        "add table ip e2e_lying",
        "add chain ip e2e_lying way { type nat hook prerouting priority dstnat; }",
        "add rule ip e2e_lying way iifname switch tcp dport 9444 ip saddr != "
            + site.head()
            + " redirect to :"
            + PORT);
    return lying;
  }

  private void filter(String... commands) throws Exception {
    site.at("image-repo", "nft", String.join("; ", commands)).orFail();
  }

  @Override
  public void close() throws Exception {
    filter("delete table ip e2e_lying");
    process.destroy();
    process.waitFor(10, TimeUnit.SECONDS);
  }

  /** The process: {@code FILE CERTIFICATE KEY}. */
  public static void main(String[] arguments) throws Exception {
    byte[] bytes = Files.readAllBytes(Path.of(arguments[0]));
    bytes[bytes.length / 2 + 4097] ^= 4;
    Credential host =
        PemCredentials.load(Path.of(arguments[1]), Path.of(arguments[2]), () -> new char[0]);
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(null, null);
    keys.setKeyEntry("host", host.key(), new char[0], host.chain().toArray(Certificate[]::new));
    KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
    managers.init(keys, new char[0]);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(managers.getKeyManagers(), null, null);
    HttpsServer server = HttpsServer.create(new InetSocketAddress(PORT), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    server.createContext("/", exchange -> answer(exchange, bytes));
    server.setExecutor(Executors.newCachedThreadPool());
    server.start();
    System.out.println("READY");
  }

  private static void answer(HttpExchange exchange, byte[] bytes) throws IOException {
    String wanted = exchange.getRequestHeaders().getFirst("Range");
    Matcher range = RANGE.matcher(wanted == null ? "" : wanted);
    int from = 0;
    int to = bytes.length - 1;
    if (range.matches()) {
      from = Integer.parseInt(range.group(1));
      to = range.group(2).isEmpty() ? to : Math.min(to, Integer.parseInt(range.group(2)));
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes " + from + "-" + to + "/" + bytes.length);
    }
    exchange.getResponseHeaders().set("Accept-Ranges", "bytes");
    exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(to - from + 1));
      exchange.sendResponseHeaders(range.matches() ? 206 : 200, -1);
    } else {
      exchange.sendResponseHeaders(range.matches() ? 206 : 200, to - from + 1);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(Arrays.copyOfRange(bytes, from, to + 1));
      }
    }
    System.out.println(
        exchange.getRequestMethod()
            + " "
            + exchange.getRequestURI()
            + " "
            + new String((wanted + "").getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8));
    exchange.close();
  }
}
