package org.hospes.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.hospes.client.cli.TypedCommand;
import org.hospes.image.Digest;

/**
 * A site of two nodes in namespaces, made of the packaged programs by {@code
 * packaging/lab/cluster.sh}; or of one that is a real Xen host, with {@code HOSPES_HYPERVISOR=xen}.
 * {@code HOSPES_BLOCK} chooses its addresses; {@code HOSPES_E2E_KEEP=1} leaves it up and takes it
 * up again, for a person who works on these tests.
 */
final class Site implements AutoCloseable {
  /** Whether the node is a Xen host. */
  static final boolean XEN = "xen".equals(System.getenv("HOSPES_HYPERVISOR"));

  /** What the Xen host's guests are, as {@code cluster-config.sh} has it. */
  static final String XEN_KIND = System.getenv().getOrDefault("HOSPES_XEN_KIND", "pv");

  static final List<String> NODES = XEN ? List.of("node1") : List.of("node1", "node2");
  static final String ADA = "/DC=org/DC=hospes/CN=Ada Physicist";
  static final String BOB = "/DC=org/DC=hospes/CN=Bob Builder";

  /**
   * Programs that live for minutes, and are killed and started again, pay for the optimising
   * compiler and never have their money back.
   */
  private static final String SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

  /** Xen's own, in which the agent runs. */
  private static final String FIRST_DOMAIN = "00000000-0000-0000-0000-000000000000";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path root;
  private final Path cluster;
  private final Path archive;
  private final Shell shell;
  private final String name;
  private final String network;
  private final boolean keep;
  private final List<String> nodes = new ArrayList<>(NODES);
  private Guests.Published shared;

  private Site(Path root) throws IOException {
    this.root = root;
    this.cluster = root.resolve("var/e2e");
    int block = Integer.parseInt(System.getenv().getOrDefault("HOSPES_BLOCK", "2"));
    // Named after its addresses, so that two runs on one machine do not take each other down.
    this.name = "e2e" + block;
    this.network = "198.51.100.";
    this.base = block * 64;
    this.keep = System.getenv().containsKey("HOSPES_E2E_KEEP");
    Map<String, String> set = new HashMap<>();
    set.put("HOSPES_CLUSTER", cluster.toString());
    set.put("HOSPES_SITE", name);
    set.put("HOSPES_BLOCK", Integer.toString(block));
    set.put("HOSPES_HYPERVISOR", System.getenv().getOrDefault("HOSPES_HYPERVISOR", "qemu"));
    set.put("HOSPES_JAVA_OPTS", SHORT_LIVED);
    this.shell = new Shell(root, set);
    this.archive = archive(root);
  }

  private final int base;

  private static Path archive(Path root) throws IOException {
    String named = System.getenv("HOSPES_ARCHIVE");
    if (named != null) {
      return Path.of(named);
    }
    try (Stream<Path> built = Files.list(root.resolve("packaging/target"))) {
      return built
          .filter(path -> Files.isExecutable(path.resolve("bin/workspace")))
          .findFirst()
          .orElseThrow(() -> new IOException("no archive in packaging/target: mvn package first"));
    }
  }

  private static Path root() {
    Path here = Path.of("").toAbsolutePath();
    while (!Files.exists(here.resolve("packaging/lab/cluster.sh"))) {
      here = here.getParent();
    }
    return here;
  }

  static Site raise() throws Exception {
    Site site = new Site(root());
    boolean standing = site.keep && Files.exists(Path.of("/run/netns", site.namespace("head")));
    if (!standing) {
      site.cluster("down").orFail();
      // Whoever was revoked in an earlier run stays so: each run has a CA of its own.
      site.shell.run("rm", "-rf", site.grid().toString()).orFail();
      try {
        site.cluster("up", Integer.toString(NODES.size()), XEN ? "1" : "0").orFail();
        site.furnish();
      } catch (Exception | AssertionError e) {
        site.close();
        throw e;
      }
    }
    return site;
  }

  /** Two people more, who matter to the tests, and the image. */
  private void furnish() throws Exception {
    makePerson("carl", "Carl Unlisted");
    makePerson("dora", "Dora Stranger");
    makePerson("rita", "Rita Revoked");
    demoCa(grid(), "expired", "otto", "Otto Expired");
    demoCa(grid(), "revoke", "people/rita");
    // Carl may publish, but no policy trusts what he signs.
    replace(
        config("image-repo", "repo-access.yaml"),
        "publishers: [",
        "publishers: [\"/DC=org/DC=hospes/CN=Carl Unlisted\", ");
    Files.createDirectories(cluster.resolve("image"));
    shell.run("packaging/lab/tiny-image.sh", image().toString()).orFail();
    awaitNodes();
  }

  /** The image that tests share, published by the first who asks. */
  synchronized Guests.Published oneImage(Callable<Guests.Published> publish) throws Exception {
    if (shared == null) {
      shared = publish.call();
    }
    return shared;
  }

  private void makePerson(String id, String name) throws Exception {
    demoCa(grid(), "person", id, name);
  }

  /** Asks the demonstration CA in a directory. */
  void demoCa(Path directory, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add("packaging/lab/demo-ca.sh");
    command.add(directory.toString());
    command.addAll(List.of(arguments));
    shell.run(command.toArray(String[]::new)).orFail();
  }

  @Override
  public void close() throws Exception {
    if (!keep) {
      cluster("down").orFail();
    }
  }

  // ---- where things are

  Path directory() {
    return cluster;
  }

  Path grid() {
    return cluster.resolve("grid");
  }

  Path image() {
    return cluster.resolve("image/tiny.img");
  }

  Path config(String program, String file) {
    return cluster.resolve("etc").resolve(program).resolve(file);
  }

  Path log(String file) {
    return cluster.resolve("log").resolve(file);
  }

  /** The network namespace of a node, or of the head. */
  String namespace(String host) {
    return name + "-" + host;
  }

  /** A node's own /var/lib/hospes. */
  Path nodeState(String node) {
    return cluster.resolve("lab").resolve(namespace(node)).resolve("var/lib/hospes");
  }

  /** Where a node keeps an image. */
  Path cached(String node, String digest) {
    return nodeState(node).resolve("cache/sha256").resolve(hex(digest));
  }

  /** Where the repository keeps an image. */
  Path stored(String digest) throws IOException {
    try (Stream<Path> files = Files.walk(cluster.resolve("state/repo"))) {
      return files
          .filter(file -> file.getFileName().toString().contains(hex(digest)))
          .filter(Files::isRegularFile)
          .max((a, b) -> Long.compare(size(a), size(b)))
          .orElseThrow(() -> new IOException("the repository does not hold " + digest));
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String hex(String digest) {
    return digest.substring(digest.indexOf(':') + 1);
  }

  String head() {
    return network + (base + 1);
  }

  /** Another server of the site, which no guest may reach; its page is on port 80. */
  String neighbour() {
    return network + (base + 3);
  }

  /** The address of node1, node2. */
  String node(String name) {
    return network + (base + 10 + Integer.parseInt(name.substring("node".length())));
  }

  String service() {
    return "https://" + head() + ":9443";
  }

  String repository() {
    return "https://" + head() + ":9444";
  }

  // ---- people

  Person person(String id) {
    return Person.of(grid(), id);
  }

  /** Ada as she usually comes: with a proxy. */
  synchronized Person ada() throws Exception {
    Path proxy = cluster.resolve("run/ada.proxy");
    if (!Files.exists(proxy)) {
      demoCa(grid(), "proxy", "ada", proxy.toString());
    }
    return person("ada").with(proxy);
  }

  Person bob() {
    return person("bob");
  }

  Person olga() {
    return person("olga");
  }

  // ---- the command

  /** Types the command {@code workspace} as somebody. */
  TypedCommand.Outcome workspace(Person who, String... arguments) {
    return TypedCommand.type(surroundings(who), cluster.resolve("run"), arguments);
  }

  /** The same with something on its standard input. */
  TypedCommand.Outcome workspace(InputStream in, Person who, String... arguments) {
    return TypedCommand.type(in, surroundings(who), cluster.resolve("run"), arguments);
  }

  /** Starts it as a process of its own, from the archive. */
  Shell.Result process(Person who, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(archive.resolve("bin/workspace").toString());
    command.addAll(List.of(arguments));
    return shell.run(surroundings(who), command.toArray(String[]::new));
  }

  private Map<String, String> surroundings(Person who) {
    Map<String, String> set = new HashMap<>(who.environment());
    set.put("HOSPES_SERVICE", service());
    set.put("HOSPES_REPOSITORY", repository());
    return set;
  }

  static JsonNode json(String text) throws IOException {
    return JSON.readTree(text);
  }

  /** The workspace as its owner sees it. */
  JsonNode show(String id) throws Exception {
    TypedCommand.Outcome shown = workspace(olga(), "show", id, "-o", "json");
    if (shown.exit() != 0) {
      throw new AssertionError(shown.err());
    }
    return json(shown.out());
  }

  private long nodesAlive() throws Exception {
    TypedCommand.Outcome listed = workspace(olga(), "node", "list", "-o", "json");
    if (listed.exit() != 0) {
      return 0;
    }
    JsonNode nodes = json(listed.out());
    long alive = 0;
    for (JsonNode node : nodes.isArray() ? nodes : nodes.path("nodes")) {
      alive += node.path("alive").asBoolean() ? 1 : 0;
    }
    return alive;
  }

  void awaitNodes() throws Exception {
    await(
        "every node is heard",
        patience(Duration.ofSeconds(120)),
        () -> nodesAlive() == nodes.size());
  }

  /** Waits until every node, and the service, decides by its image policy as its file has it. */
  void awaitPolicies() throws Exception {
    await("every party takes its image policy up", patience(Duration.ofSeconds(60)), this::current);
  }

  private boolean current() throws Exception {
    TypedCommand.Outcome listed = workspace(olga(), "node", "list", "-o", "json");
    if (listed.exit() != 0) {
      return false;
    }
    String services = policy("workspace-service");
    for (JsonNode node : json(listed.out())) {
      String own = policy(node.path("name").asText());
      if (!node.path("policyDigest").asText().equals(own)
          || node.path("policyDrifted").asBoolean() == own.equals(services)) {
        return false;
      }
    }
    return true;
  }

  private String policy(String program) throws IOException {
    return Digest.sha256Of(Files.readAllBytes(config(program, "image-policy.yaml"))).toString();
  }

  /** Raises the Xen host that a few tests need besides the one that all have. */
  void join(String node) throws Exception {
    cluster("join", node).orFail();
    nodes.add(node);
    awaitNodes();
  }

  /** Ends it; the site knows it as one that is silent. */
  void leave(String node) throws Exception {
    cluster("leave", node).orFail();
    nodes.remove(node);
  }

  /** The ids of all workspaces that have not ended. */
  List<String> unfinished() throws Exception {
    TypedCommand.Outcome listed = workspace(olga(), "list", "-o", "json");
    if (listed.exit() != 0) {
      throw new AssertionError(listed.err());
    }
    return json(listed.out()).findValuesAsText("id");
  }

  /** Starts programs that are down, and ends every guest. */
  void clearUp() throws Exception {
    List<String> programs = new ArrayList<>(List.of("image-repo", "workspace-service"));
    programs.addAll(nodes);
    for (String program : programs) {
      if (isDead(program)) {
        restart(program, "");
      }
    }
    awaitNodes();
    List<String> left = unfinished();
    if (!left.isEmpty()) {
      List<String> words = new ArrayList<>(List.of("destroy", "--wait"));
      words.addAll(left);
      workspace(olga(), words.toArray(String[]::new));
    }
  }

  // ---- programs

  Shell.Result cluster(String... arguments) throws Exception {
    return cluster(Map.of(), arguments);
  }

  private Shell.Result cluster(Map<String, String> more, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add("packaging/lab/cluster.sh");
    command.addAll(List.of(arguments));
    return shell.run(more, command.toArray(String[]::new));
  }

  /** Ends a program as {@code kill -9} does and starts it anew, with these options for its JVM. */
  void restart(String program, String javaOptions) throws Exception {
    cluster("kill", program).orFail();
    cluster(Map.of("HOSPES_JAVA_OPTS", SHORT_LIVED + " " + javaOptions), "start", program).orFail();
    cluster("wait", program).orFail();
  }

  boolean isDead(String program) throws Exception {
    if (XEN && nodes.contains(program)) {
      return at(program, "systemctl", "-q", "is-active", "hospes-node-agent").exit() != 0;
    }
    Path pid = cluster.resolve("run/" + program + ".pid");
    return !Files.exists(pid)
        || !Files.exists(Path.of("/proc", Files.readString(pid).strip(), "exe"));
  }

  Shell.Result at(String program, String... command) throws Exception {
    List<String> all = new ArrayList<>(List.of("at", program));
    all.addAll(List.of(command));
    return cluster(all.toArray(String[]::new));
  }

  /** Starts, stops or kills a node's libvirtd. */
  void libvirtd(String node, String what) throws Exception {
    Map<String, String> lab = Map.of("HOSPES_LAB_DIR", cluster.resolve("lab").toString());
    shell.run(lab, "packaging/lab/node.sh", "libvirtd", node, what).orFail();
  }

  /** Runs a program of the archive as a person would by hand. */
  Shell.Result program(String name, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(archive.resolve("bin").resolve(name).toString());
    command.addAll(List.of(arguments));
    return shell.run(command.toArray(String[]::new));
  }

  Shell shell() {
    return shell;
  }

  // ---- what is to be seen

  /** The UUIDs of a node's domains, as libvirt tells. */
  List<String> domains(String node) throws Exception {
    String uri = XEN ? "xen:///system" : "qemu:///system";
    return at(node, "virsh", "-q", "-c", uri, "list", "--all", "--uuid")
        .orFail()
        .out()
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.equals(FIRST_DOMAIN))
        .toList();
  }

  /** Every domain of the site. */
  List<String> domains() throws Exception {
    List<String> all = new ArrayList<>();
    for (String node : nodes) {
      all.addAll(domains(node));
    }
    return all;
  }

  /** The nodes that are up, or were meant to be. */
  List<String> nodes() {
    return List.copyOf(nodes);
  }

  /** The last lines of an audit log that hold every one of these texts. */
  List<String> audited(String file, String... texts) throws IOException {
    try (Stream<String> lines = Files.lines(log(file))) {
      return lines.filter(line -> Stream.of(texts).allMatch(line::contains)).toList();
    }
  }

  /** The same of a node's own. */
  List<String> auditedAt(String node, String... texts) throws Exception {
    if (!XEN) {
      return audited(node + "-audit.jsonl", texts);
    }
    String log = at(node, "cat", "/var/log/hospes/node-agent-audit.jsonl").orFail().out();
    return log.lines().filter(line -> Stream.of(texts).allMatch(line::contains)).toList();
  }

  /** What a node's agent has logged. */
  String logOf(String node) throws Exception {
    return XEN
        ? at(node, "cat", "/var/log/hospes/node-agent.log").orFail().out()
        : Files.readString(log(node + ".log"));
  }

  /** Files of the node's state below a directory of it whose names hold a text. */
  List<String> filesNaming(String node, String directory, String text) throws Exception {
    String look = "cd /var/lib/hospes/\"$0\" 2>/dev/null || exit 0; find . -name \"*$1*\"";
    return at(node, "sh", "-c", look, directory, text).orFail().out().lines().toList();
  }

  /** How long to wait for what usually takes less than this: an emulated host is slower. */
  static Duration patience(Duration usual) {
    return XEN ? usual.multipliedBy(4) : usual;
  }

  static void await(String what, Duration limit, Callable<Boolean> met) throws Exception {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!met.call()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within " + limit.toSeconds() + " s: " + what);
      }
      Thread.sleep(200);
    }
  }

  /** Puts one text in the place of another, whole or not at all. */
  static void replace(Path file, String old, String fresh) throws IOException {
    String text = Files.readString(file);
    if (!text.contains(old)) {
      throw new AssertionError(file + " does not contain " + old);
    }
    write(file, text.replace(old, fresh));
  }

  /** Writes a file that a program watches, whole or not at all. */
  static void write(Path file, String text) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".new");
    Files.writeString(next, text);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
