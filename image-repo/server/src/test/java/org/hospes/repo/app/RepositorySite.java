package org.hospes.repo.app;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.xml.namespace.QName;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.io.support.ClassicRequestBuilder;
import org.hospes.contract.common.SignatureForm;
import org.hospes.contract.repository.Publish;
import org.hospes.contract.repository.PublishResponse;
import org.hospes.contract.repository.Refused;
import org.hospes.contract.repository.RepositoryPort;
import org.hospes.image.SignedImage;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.testpki.TestPki;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.refusal.Refusals;
import org.hospes.wire.security.ClientLimits;
import org.hospes.wire.security.ExpectedServer;
import org.hospes.wire.security.SecureClient;

/** A repository as its Main runs it, over real sockets, and people with certificates. */
final class RepositorySite implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(60);
  final TestPki pki;
  final Credential bob;
  final Credential ann;
  final Credential node;
  final CertificateDirectory paths;
  final Path directory;
  final Path config;
  private final Credential host;
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final Map<Credential, SecureClient> clients = new HashMap<>();
  private final Map<URI, RepositoryPort> ports = new HashMap<>();
  private RepositoryServer server;
  private int otherPort;

  RepositorySite(Path directory) throws IOException {
    this.directory = directory;
    pki = TestPki.create(directory.resolve("pki"));
    paths = pki.validator();
    host = pki.host("localhost", "localhost", "127.0.0.1");
    bob = pki.user("Bob Builder");
    ann = pki.user("Ann Builder");
    node = pki.host("node1.example.org");
    config = directory.resolve("image-repo.yaml");
    write("forms: [cms, classic-sha256, classic-sha1]");
    Files.writeString(
        directory.resolve("repo-access.yaml"),
        """
        publishers: ["/DC=org/DC=hospes/CN=Bob Builder", "/DC=org/DC=hospes/CN=Ann Builder"]
        retirers: ["/DC=org/DC=hospes/CN=Olga Operator"]
        readers: ["/DC=org/DC=hospes/CN=node1.example.org"]
        """);
    Files.writeString(
        config,
        """
        listen: 127.0.0.1:0
        ops-listen: 127.0.0.1:0
        address: https://localhost:1
        host-certificate: %s
        host-key: %s
        ca-directory: %s
        store: store
        image-policy: image-policy.yaml
        access: repo-access.yaml
        audit-log: audit.jsonl
        limits: {max-image-size: 64M, downloads-at-once: 4}
        reload: 200ms
        """
            .formatted(
                pki.writeCertificate(host, "host.pem"),
                pki.writeKey(host, "host.key"),
                pki.caDirectory()));
  }

  /**
   * Writes the image policy with another line of forms, in one step: a repository that runs must
   * not read half of it.
   */
  void write(String forms) throws IOException {
    Path whole = directory.resolve("image-policy.yaml.new");
    Files.writeString(
        whole,
        forms
            + """

            signers:
              - dn: /DC=org/DC=hospes/CN=Bob Builder
                vos: [demo]
              - dn: /DC=org/DC=hospes/CN=Ann Builder
                vos: [demo]
            """);
    Files.move(whole, directory.resolve("image-policy.yaml"), StandardCopyOption.ATOMIC_MOVE);
  }

  RepositorySite start() throws Exception {
    server = new RepositoryServer(RepositoryConfig.read(config), Clock.systemUTC());
    return this;
  }

  void restart() throws Exception {
    server.close();
    start();
  }

  RepositoryPort port(Credential who) {
    // A port is costly to make, and tests ask for the same one again and again.
    return ports.computeIfAbsent(
        at("/repository?" + System.identityHashCode(who)),
        key ->
            client(who)
                .signed(
                    RepositoryPort.class,
                    new QName("urn:hospes:repository:1:wsdl", "RepositoryService"),
                    "wsdl/repository.wsdl",
                    at("/repository"),
                    ExpectedServer.host("localhost")));
  }

  HttpClient bytes(Credential who) {
    return client(who).bytes(ExpectedServer.host("localhost"));
  }

  SSLContext tls(Credential who) {
    return client(who).sslContext(ExpectedServer.host("localhost"));
  }

  private SecureClient client(Credential who) {
    return clients.computeIfAbsent(
        who,
        credential -> {
          SecureClient client = new SecureClient(() -> credential, paths, ClientLimits.defaults());
          open.push(client);
          return client;
        });
  }

  /** Where the repository listens that another process runs. */
  void at(int port) {
    otherPort = port;
  }

  URI at(String path) {
    int port = server == null ? otherPort : server.port();
    return URI.create("https://localhost:" + port + path);
  }

  /** An address that the repository gave out, at the port it really has. */
  URI real(String given) {
    return at(URI.create(given).getPath());
  }

  String ops(String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.opsPort() + path))
                .timeout(PATIENCE)
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  String audit() throws IOException {
    return Files.readString(directory.resolve("audit.jsonl"), StandardCharsets.UTF_8);
  }

  /** Waits until the audit log has that. */
  void awaitAudit(String text) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!audit().contains(text)) {
      if (System.nanoTime() > end) {
        throw new AssertionError("no " + text + " in " + audit());
      }
      Thread.sleep(50);
    }
  }

  /** Announces, sends the bytes, publishes. */
  PublishResponse publish(Credential who, String name, String version, SignedImage image, Path disk)
      throws Exception {
    RepositoryPort port = port(who);
    PublishResponse announced = port.publish(request(name, version, image));
    if (announced.getEntry() != null) {
      return announced;
    }
    Answer put = put(who, announced.getUpload(), Files.readAllBytes(disk), null);
    if (put.status() != 204) {
      throw new AssertionError(Refusals.fromHttp(put.status(), put.body()));
    }
    return port.publish(request(name, version, image));
  }

  /** What the repository answered to bytes. */
  record Answer(int status, String received, byte[] body) {}

  /** Sends bytes once the repository says that it wants them. */
  Answer put(Credential who, String upload, byte[] bytes, String range) throws Exception {
    ClassicRequestBuilder request =
        ClassicRequestBuilder.put(real(upload))
            .setEntity(bytes, ContentType.APPLICATION_OCTET_STREAM);
    if (range != null) {
      request.setHeader("Content-Range", range);
    }
    try (CloseableHttpClient http =
        HttpClients.custom()
            .setConnectionManager(
                PoolingHttpClientConnectionManagerBuilder.create()
                    .setTlsSocketStrategy(new DefaultClientTlsStrategy(tls(who)))
                    .build())
            .setDefaultRequestConfig(RequestConfig.custom().setExpectContinueEnabled(true).build())
            .disableAutomaticRetries()
            .build()) {
      return http.execute(
          request.build(),
          answer -> {
            Header received = answer.getFirstHeader("Upload-Received");
            return new Answer(
                answer.getCode(),
                received == null ? null : received.getValue(),
                answer.getEntity() == null
                    ? new byte[0]
                    : EntityUtils.toByteArray(answer.getEntity()));
          });
    }
  }

  static Publish request(String name, String version, SignedImage image) {
    org.hospes.contract.common.SignedImage xml = new org.hospes.contract.common.SignedImage();
    xml.setManifest(image.manifest());
    xml.setForm(SignatureForm.fromValue(image.form().name()));
    xml.setSignature(image.signature());
    try {
      for (X509Certificate certificate : image.chain()) {
        xml.getCertificate().add(certificate.getEncoded());
      }
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException(e);
    }
    xml.getEndorsement().addAll(image.endorsements());
    Publish request = new Publish();
    request.setName(name);
    request.setVersion(version);
    request.setImage(xml);
    return request;
  }

  /** The refusal that a call must end in. */
  static RefusalException refused(Call call) {
    try {
      call.run();
    } catch (Refused e) {
      return Refusals.of(e).orElseThrow();
    } catch (Exception e) {
      return Refusals.of(e).orElseThrow(() -> new AssertionError("no refusal", e));
    }
    throw new AssertionError("nothing was refused");
  }

  interface Call {
    void run() throws Exception;
  }

  @Override
  public void close() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
    if (server != null) {
      server.close();
    }
    paths.close();
  }
}
