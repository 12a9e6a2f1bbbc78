package org.hospes.service.app;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import javax.xml.namespace.QName;
import org.hospes.contract.node.Guest;
import org.hospes.contract.node.Heartbeat;
import org.hospes.contract.node.HeartbeatResponse;
import org.hospes.contract.node.NodeFacts;
import org.hospes.contract.node.NodePort;
import org.hospes.contract.node.NodeReport;
import org.hospes.contract.node.Register;
import org.hospes.contract.node.RegisterResponse;
import org.hospes.contract.registry.RegistryPort;
import org.hospes.contract.repository.RepositoryPort;
import org.hospes.contract.workspace.Deploy;
import org.hospes.contract.workspace.Describe;
import org.hospes.contract.workspace.Workspace;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.contract.workspace.WorkspaceState;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.image.testimages.TestDisks;
import org.hospes.image.testimages.TestSignatures;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.testpki.TestPki;
import org.hospes.wire.security.ClientLimits;
import org.hospes.wire.security.ExpectedServer;
import org.hospes.wire.security.SecureClient;
import org.hospes.wire.security.SecureServer;

/**
 * The whole service over real sockets, mutual TLS and signed messages, with a repository and a node
 * on the other ends.
 */
final class ServiceSite implements AutoCloseable {
  static final ExpectedServer LOCALHOST = ExpectedServer.host("localhost");
  static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long MIB = 1L << 20;

  final Path directory;
  final TestPki pki;
  final Credential ada;
  final Credential bob;
  final Credential eve;
  final Credential olga;
  final Credential node;
  final TestRepositoryPort repository;
  final TestNodePort agent = new TestNodePort();

  /** Of a second node, if there is one. */
  final TestNodePort other = new TestNodePort();

  final TestNodeConsole consoles = new TestNodeConsole();
  final TestNodeFiles files = new TestNodeFiles();
  final Digest image;
  private final CertificateDirectory paths;
  private final SecureServer repositoryServer;
  private final SecureServer nodeServer;
  private Optional<SecureServer> otherServer = Optional.empty();
  private final List<AutoCloseable> open = new ArrayList<>();
  private RunningService service;
  private int port;
  private int cpus = 8;
  private RegistryPort registryPort;
  private int registryOfPort;
  private Credential secondNode;
  private RegistryPort secondRegistryPort;

  ServiceSite(Path directory) throws Exception {
    this.directory = directory;
    pki = TestPki.create(directory.resolve("pki"));
    paths = opened(pki.validator());
    ada = pki.user("Ada Physicist");
    bob = pki.user("Bob Builder");
    eve = pki.user("Eve Other");
    olga = pki.user("Olga Operator");
    node = pki.host("node1.example.org", "localhost", "127.0.0.1");
    Credential repo = pki.host("repo.example.org", "localhost", "127.0.0.1");
    repository = new TestRepositoryPort(repo);
    Path disk = TestDisks.mbr(directory.resolve("disk"), 1 << 20, 1);
    image =
        repository.add(
            "sl6", "1", TestSignatures.sign(disk, "sl6", "1", SignatureForm.CLASSIC_SHA1, bob));
    Path foreign = TestDisks.mbr(directory.resolve("foreign"), 1 << 20, 2);
    repository.add(
        "evil", "1", TestSignatures.sign(foreign, "evil", "1", SignatureForm.CLASSIC_SHA1, eve));
    repositoryServer =
        opened(
            server(repo)
                .signed("/repository", repository, RepositoryPort.class, "wsdl/repository.wsdl")
                .start());
    nodeServer =
        opened(
            server(node)
                .mutual("/node", agent, NodePort.class, "wsdl/node.wsdl")
                .bytes("/console/*", consoles)
                .bytes("/guests/*", files)
                .start());
    configure();
  }

  /** Gives the site a second node; before it starts. */
  ServiceSite twoNodes() throws Exception {
    Credential second = pki.host("node2.example.org", "localhost", "127.0.0.1");
    otherServer =
        Optional.of(
            opened(
                server(second).mutual("/node", other, NodePort.class, "wsdl/node.wsdl").start()));
    secondNode = second;
    String both =
        Files.readString(directory.resolve("service-access.yaml"))
            .replace(
                "limits:",
                "  - name: node2\n    dn: \"/DC=org/DC=hospes/CN=node2.example.org\"\nlimits:");
    write("service-access.yaml", both);
    return this;
  }

  private org.hospes.wire.security.SecureServerSetup server(Credential host) {
    return SecureServer.at(new InetSocketAddress("127.0.0.1", 0))
        .credential(() -> host)
        .paths(paths);
  }

  private void configure() throws IOException {
    Credential host = pki.host("service.example.org", "localhost", "127.0.0.1");
    write("grid-mapfile", mapfile("Ada Physicist") + mapfile("Eve Other"));
    write(
        "image-policy.yaml",
        "forms: [cms, classic-sha256, classic-sha1]\n"
            + "signers:\n  - dn: \"/DC=org/DC=hospes/CN=Bob Builder\"\n    vos: [demo]\n");
    write("service-access.yaml", access("node1.example.org"));
    write(
        "workspace-service.yaml",
        String.join(
            "\n",
            "listen: \"127.0.0.1:0\"",
            "ops-listen: \"127.0.0.1:0\"",
            "host-certificate: " + pki.writeCertificate(host, "service-cert.pem"),
            "host-key: " + pki.writeKey(host, "service-key.pem"),
            "ca-directory: " + pki.caDirectory(),
            "grid-mapfile: grid-mapfile",
            "image-policy: image-policy.yaml",
            "access: service-access.yaml",
            "repository:",
            "  address: https://localhost:" + repositoryServer.port(),
            "  dn: \"/DC=org/DC=hospes/CN=repo.example.org\"",
            "database:",
            "  url: jdbc:h2:file:" + directory.resolve("db/state"),
            "audit-log: audit.jsonl",
            "heartbeat: 1s",
            // They register once and beat when a test says so, however long that takes.
            "node-silent-after: 1h",
            "refresh: 200ms",
            ""));
  }

  static String mapfile(String cn) {
    return "\"/DC=org/DC=hospes/CN=" + cn + "\" .demo\n";
  }

  static String access(String host) {
    return "operators: [\"/DC=org/DC=hospes/CN=Olga Operator\"]\n"
        + "nodes:\n  - name: node1\n    dn: \"/DC=org/DC=hospes/CN="
        + host
        + "\"\nlimits:\n  max-workspaces: 5\n";
  }

  /** In one step: a service that runs must not read half of it. */
  Path write(String name, String content) throws IOException {
    Path whole = Files.writeString(directory.resolve(name + ".new"), content);
    return Files.move(whole, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  Path config() {
    return directory.resolve("workspace-service.yaml");
  }

  /** Starts the service, or starts it again over the same state. */
  ServiceSite start() throws Exception {
    stop();
    service =
        new RunningService(
            ServiceSettings.read(config()), Clock.systemUTC(), Optional.empty(), () -> {});
    port = service.port();
    return this;
  }

  /** The service is another process, at that port. */
  void elsewhere(int itsPort) throws IOException {
    port = itsPort;
    cpus = 200;
    write(
        "service-access.yaml",
        Files.readString(directory.resolve("service-access.yaml"))
            .replace("workspaces: 5\n", "workspaces: 200\n  max-cpus: 200\n  max-memory: 1T\n"));
    write(
        "workspace-service.yaml",
        Files.readString(config())
            .replace("listen: \"127.0.0.1:0\"\nops", "listen: \"127.0.0.1:" + port + "\"\nops"));
  }

  /** From its next start on, the service holds nodes silent that were not heard for so long. */
  void silentAfter(String time) throws IOException {
    write(
        "workspace-service.yaml",
        Files.readString(config())
            .replaceFirst("node-silent-after: .*", "node-silent-after: " + time));
  }

  void stop() {
    if (service != null) {
      service.close();
      service = null;
    }
  }

  int opsPort() {
    return service.opsPort();
  }

  SecureClient client(Credential credential) {
    return opened(new SecureClient(() -> credential, paths, ClientLimits.defaults()));
  }

  WorkspacePort as(Credential credential) {
    return client(credential)
        .signed(
            WorkspacePort.class,
            new QName("urn:hospes:workspace:1:wsdl", "WorkspaceService"),
            "wsdl/workspace.wsdl",
            uri("/workspace"),
            LOCALHOST);
  }

  RegistryPort registry(Credential credential) {
    return client(credential)
        .mutual(
            RegistryPort.class,
            new QName("urn:hospes:registry:1:wsdl", "RegistryService"),
            "wsdl/registry.wsdl",
            uri("/registry"),
            LOCALHOST);
  }

  URI uri(String path) {
    return URI.create("https://localhost:" + port + path);
  }

  /** The node's own port to the registry; ports are costly to make. */
  private synchronized RegistryPort nodesRegistry() {
    if (registryPort == null || registryOfPort != port) {
      registryPort = registry(node);
      secondRegistryPort = otherServer.isPresent() ? registry(secondNode) : null;
      registryOfPort = port;
    }
    return registryPort;
  }

  /** All nodes register. */
  RegisterResponse register() throws Exception {
    RegistryPort first = nodesRegistry();
    if (otherServer.isPresent()) {
      secondRegistryPort.register(registration("node2", otherServer.get(), other));
    }
    return first.register(registration("node1", nodeServer, agent));
  }

  private Register registration(String name, SecureServer server, TestNodePort port)
      throws Exception {
    Register request = new Register();
    request.setName(name);
    NodeFacts facts = new NodeFacts();
    facts.setAgentAddress("https://localhost:" + server.port() + "/node");
    facts.setHypervisor("test");
    facts
        .getCapability()
        .addAll(List.of("stop", "pause", "attach", "snapshot", "suspend", "migrate", "ahead"));
    facts.setPlatform("test");
    facts.setMachine("test 1.0");
    facts.setCpus(cpus);
    facts.setMemoryBytes(cpus * 1024L * MIB);
    facts.setDiskBytes(100_000 * MIB);
    facts.setForwardAddress("127.0.0.1");
    facts.setVersion("0");
    request.setFacts(facts);
    request.setReport(report(port));
    return request;
  }

  /** All nodes report; the answer is the first one's. */
  HeartbeatResponse beat() throws Exception {
    RegistryPort first = nodesRegistry();
    if (otherServer.isPresent()) {
      obey(other, secondRegistryPort.heartbeat(report("node2", other)));
    }
    return obey(agent, first.heartbeat(report("node1", agent)));
  }

  private static HeartbeatResponse obey(TestNodePort port, HeartbeatResponse answer) {
    answer.getUnwanted().forEach(port.guests::remove);
    return answer;
  }

  private Heartbeat report(String name, TestNodePort port) throws Exception {
    Heartbeat request = new Heartbeat();
    request.setName(name);
    request.setReport(report(port));
    return request;
  }

  private NodeReport report(TestNodePort port) throws Exception {
    NodeReport report = new NodeReport();
    report.setDiskFreeBytes(100_000 * MIB);
    report.setPolicyDigest(
        ImagePolicy.load(directory.resolve("image-policy.yaml")).digest().toString());
    for (Guest guest : port.guests.values()) {
      report.getGuest().add(guest);
    }
    return report;
  }

  static Deploy deploy(String image) {
    Deploy request = new Deploy();
    request.setClientToken(UUID.randomUUID().toString());
    request.setImage(image);
    request.setCpus(1);
    request.setMemoryBytes(256 * MIB);
    request.setLeaseSeconds(3600L);
    return request;
  }

  /** The audit log once it has all of that; a line may be written after the caller was answered. */
  String awaitAudit(String... texts) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      String all = Files.readString(directory.resolve("audit.jsonl"));
      if (Stream.of(texts).allMatch(all::contains)) {
        return all;
      }
      if (System.nanoTime() > end) {
        return fail("no " + List.of(texts) + " in " + all);
      }
      Thread.sleep(50);
    }
  }

  static Workspace describe(WorkspacePort port, String id) throws Exception {
    Describe request = new Describe();
    request.setId(id);
    return port.describe(request).getWorkspace();
  }

  static Workspace await(WorkspacePort port, String id, WorkspaceState state) throws Exception {
    return await(port, id, w -> w.getState() == state);
  }

  static Workspace await(WorkspacePort port, String id, Predicate<Workspace> until)
      throws Exception {
    Workspace workspace = null;
    long end = System.nanoTime() + PATIENCE.toNanos();
    do {
      workspace = describe(port, id);
      if (until.test(workspace)) {
        return workspace;
      }
      Thread.sleep(50);
    } while (System.nanoTime() < end);
    return fail("waited in vain; it is " + workspace.getState() + ": " + workspace.getReason());
  }

  private <T extends AutoCloseable> T opened(T part) {
    open.add(0, part);
    return part;
  }

  @Override
  public void close() throws Exception {
    stop();
    for (AutoCloseable part : open) {
      part.close();
    }
  }
}
