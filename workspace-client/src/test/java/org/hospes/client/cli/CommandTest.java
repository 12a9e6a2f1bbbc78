package org.hospes.client.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.common.OnCrash;
import org.hospes.contract.workspace.WorkspaceGoal;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.contract.workspace.WorkspaceState;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.security.SecureServer;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command as its user types it, against a port that answers as the test says. */
class CommandTest {
  @TempDir static Path shared;
  private static WireSite site;
  private static SecureServer server;
  private static final ScriptedPort port = new ScriptedPort();

  @TempDir Path directory;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Map<String, String> environment = new HashMap<>();

  @BeforeAll
  static void raise() throws Exception {
    site = WireSite.create(shared.resolve("pki"));
    server =
        site.start(
            site.server().signed("/workspace", port, WorkspacePort.class, "wsdl/workspace.wsdl"));
  }

  @BeforeEach
  void papers() throws Exception {
    port.reset();
    Credential ada = site.pki().user("Ada Physicist");
    environment.put("HOSPES_SERVICE", "https://localhost:" + server.port());
    environment.put("X509_CERT_DIR", site.pki().caDirectory().toString());
    environment.put(
        "X509_USER_PROXY",
        site.pki().writeProxy(site.pki().proxy(ada, ProxyKind.FULL), "proxy.pem").toString());
  }

  @AfterAll
  static void fell() throws Exception {
    site.close();
  }

  private int workspace(String... arguments) {
    return workspaceTo(out, arguments);
  }

  private int workspaceTo(OutputStream reader, String... arguments) {
    out.reset();
    err.reset();
    Surroundings around =
        new Surroundings(
            environment,
            directory,
            InputStream.nullInputStream(),
            new PrintStream(reader, true, UTF_8),
            new PrintStream(err, true, UTF_8),
            false,
            false,
            false,
            Clock.systemUTC());
    return WorkspaceCommand.line(around).execute(arguments);
  }

  private String printed() {
    return out.toString(UTF_8);
  }

  private String complained() {
    return err.toString(UTF_8);
  }

  @Test
  void showPrintsTheNamesThatScriptsRelyOn() throws Exception {
    port.state = WorkspaceState.RUNNING;
    assertEquals(0, workspace("show", "w", "-o", "json"), this::complained);
    JsonNode json = new ObjectMapper().readTree(printed());
    for (String name :
        List.of(
            "id",
            "name",
            "state",
            "goal",
            "reason",
            "image",
            "node",
            "address",
            "forwards",
            "owner",
            "leaseEnds",
            "timeline")) {
      assertTrue(json.has(name), name + " in " + printed());
    }
    assertEquals("RUNNING", json.get("state").asText());
    assertEquals("sha256:" + "ab".repeat(32), json.at("/image/digest").asText());
    assertEquals("/DC=org/DC=hospes/CN=Bob Builder", json.at("/image/signer").asText());
    assertEquals(30001, json.at("/forwards/0/hostPort").asInt());
    assertEquals(80, json.at("/forwards/0/guestPort").asInt());
    assertEquals("2026-11-20T10:00:00Z", json.at("/timeline/0/at").asText());
    assertEquals("", complained());
  }

  @Test
  void aLeaseIsExtendedByATimeAndNotByALength() {
    assertEquals(0, workspace("extend", "w", "1h30m"), this::complained);
    assertEquals(ScriptedPort.ID, port.extended.getId());
    assertEquals(Instant.parse("2026-11-20T15:30:00Z"), port.extended.getLeaseEnds());
    port.extended = null;
    assertEquals(2, workspace("extend", "w", "soon"));
    assertEquals(2, workspace("extend", "w"));
    assertEquals(null, port.extended);
  }

  @Test
  void aWorkspaceIsStoppedWithinALimitAndStartedAgain() throws Exception {
    port.state = WorkspaceState.RUNNING;
    assertEquals(0, workspace("stop", "w", "--wait", "-o", "json"), this::complained);
    assertEquals(ScriptedPort.ID, port.stopped.getId());
    assertEquals(60, port.stopped.getGraceSeconds());
    assertEquals("STOPPED", new ObjectMapper().readTree(printed()).get("state").asText());
    assertEquals(0, workspace("stop", "w", "--grace", "5m"), this::complained);
    assertEquals(300, port.stopped.getGraceSeconds());
    assertEquals(2, workspace("stop", "w", "--grace", "long"));
    assertEquals(0, workspace("start", "w", "--wait"), this::complained);
    assertEquals(WorkspaceState.RUNNING, port.state);
  }

  @Test
  void aWorkspaceIsSuspendedAndResumed() {
    port.state = WorkspaceState.RUNNING;
    assertEquals(0, workspace("suspend", "w", "--wait"), this::complained);
    assertEquals(WorkspaceState.SUSPENDED, port.state);
    assertTrue(printed().contains("SUSPENDED (to run again)"), printed());
    assertEquals(0, workspace("resume", "w", "--wait"), this::complained);
    assertEquals(WorkspaceState.RUNNING, port.state);
  }

  @Test
  void whatBecomesOfACrashIsOrderedAndShown() {
    assertEquals(0, workspace("deploy", "tiny"), this::complained);
    assertEquals(OnCrash.END, port.asked.getOnCrash());
    assertEquals(0, workspace("deploy", "tiny", "--on-crash", "restart"), this::complained);
    assertEquals(OnCrash.RESTART, port.asked.getOnCrash());
    assertEquals(2, workspace("deploy", "tiny", "--on-crash", "perhaps"));
    port.lastWords = "first line\nKernel panic\u009b31m";
    assertEquals(0, workspace("show", "w"), this::complained);
    assertTrue(printed().matches("(?s).*console +first line\n +Kernel panic.*"), printed());
    assertFalse(printed().contains("\u009b"), printed());
  }

  @Test
  void aWorkspaceIsRebooted() {
    port.state = WorkspaceState.RUNNING;
    assertEquals(0, workspace("reboot", "w", "--grace", "5s", "--wait"), this::complained);
    assertEquals(5, port.rebooted.getGraceSeconds());
    port.deaf = true;
    assertEquals(7, workspace("reboot", "w", "--wait", "--timeout", "1ms"));
    assertTrue(printed().contains("RUNNING (to be rebooted)"), printed());
  }

  @Test
  void aWorkspaceIsPausedAndResumed() {
    port.state = WorkspaceState.RUNNING;
    assertEquals(0, workspace("pause", "w", "--wait"), this::complained);
    assertEquals(WorkspaceState.PAUSED, port.state);
    assertEquals(0, workspace("resume", "w", "--wait"), this::complained);
    assertEquals(WorkspaceState.RUNNING, port.state);
  }

  @Test
  void snapshotsAreTakenListedRolledBackToAndDeleted() throws Exception {
    port.state = WorkspaceState.STOPPED;
    port.goal = WorkspaceGoal.STOP;
    assertEquals(0, workspace("snapshot", "create", "w", "before", "--wait"), this::complained);
    assertEquals(ScriptedPort.ID, port.snapshotAsked.getId());
    assertEquals("before", port.snapshotAsked.getName());
    assertTrue(
        printed()
            .contains(
                "before, taken 2026-11-20T11:00:00Z, 3 MiB, with memory, as the disk is now"));
    assertEquals(0, workspace("snapshot", "list", "w"), this::complained);
    assertTrue(printed().contains("before  2026-11-20T11:00:00Z  3 MiB  yes     yes"), printed());
    assertEquals(0, workspace("snapshot", "list", "w", "-o", "json"), this::complained);
    assertEquals("before", new ObjectMapper().readTree(printed()).at("/0/name").asText());
    assertEquals(0, workspace("rollback", "w", "before"), this::complained);
    assertTrue(printed().contains("STOPPED (to be rolled back)"), printed());
    assertEquals(0, workspace("snapshot", "delete", "w", "before", "--wait"), this::complained);
    assertEquals(List.of(), port.snapshots);
    assertEquals(2, workspace("rollback", "w"));
  }

  @Test
  void aSnapshotThatComesToNothingSaysWhyAndShowSaysItToo() {
    port.state = WorkspaceState.STOPPED;
    port.goal = WorkspaceGoal.STOP;
    port.setback =
        RefusalException.of(FaultCategory.NO_CAPACITY, "disk.no-space", "no room for a copy");
    assertEquals(8, workspace("snapshot", "create", "w", "before", "--wait"));
    assertTrue(complained().contains("code: disk.no-space"), complained());
    assertEquals(0, workspace("show", "w"));
    assertTrue(printed().contains("disk.no-space: no room for a copy"), printed());
    port.setback = null;
    port.refusal = RefusalException.of(FaultCategory.CONFLICT, "snapshot.exists", "it is there");
    assertEquals(2, workspace("snapshot", "create", "w", "before", "--wait"));
  }

  @Test
  void aStartThatIsRefusedSaysWhyAndDoesNotWait() {
    port.state = WorkspaceState.STOPPED;
    port.goal = WorkspaceGoal.STOP;
    port.deaf = true;
    port.setback =
        RefusalException.of(FaultCategory.IMAGE_REFUSED, "image.signer.path", "it was revoked");
    assertEquals(5, workspace("start", "w", "--wait"));
    assertTrue(complained().contains("code: image.signer.path"), complained());
    assertEquals(0, workspace("stop", "w", "--wait"), "that it is");
  }

  @Test
  void aWishThatFailsSaysWhyAndOneThatTakesLongSaysSo() {
    port.state = WorkspaceState.RUNNING;
    port.deaf = true;
    assertEquals(7, workspace("stop", "w", "--wait", "--timeout", "1ms"));
    assertTrue(complained().contains("still RUNNING"), complained());
    port.failure = RefusalException.of(FaultCategory.IMAGE_REFUSED, "disk.altered", "other bytes");
    port.state = WorkspaceState.FAILED;
    assertEquals(5, workspace("start", "w", "--wait"));
    assertTrue(complained().contains("code: disk.altered"), complained());
  }

  @Test
  void nodesSayWhatTheyCanDo() throws Exception {
    assertEquals(0, workspace("node", "list", "-o", "json"), this::complained);
    assertEquals("stop", new ObjectMapper().readTree(printed()).at("/0/capabilities/0").asText());
  }

  @Test
  void aNodeIsDrainedAndOpenedAgain() throws Exception {
    assertEquals(0, workspace("node", "drain", "node1"), this::complained);
    assertTrue(printed().contains("node1 takes no new workspaces; 1 is on it still"), printed());
    assertEquals(0, workspace("node", "list"), this::complained);
    assertTrue(printed().contains("DRAINED"), printed());
    assertEquals(0, workspace("node", "list", "-o", "json"), this::complained);
    assertEquals(
        "/DC=org/DC=hospes/CN=Olivia Operator",
        new ObjectMapper().readTree(printed()).at("/0/drained/by").asText());
    assertEquals(0, workspace("node", "undrain", "node1", "-o", "json"), this::complained);
    assertEquals("node1", new ObjectMapper().readTree(printed()).at("/node").asText());
    assertEquals(0, workspace("node", "list"), this::complained);
    assertFalse(printed().contains("DRAINED"), printed());
  }

  @Test
  void yamlAndTableSayTheSame() throws Exception {
    assertEquals(0, workspace("show", "w", "-o", "yaml"));
    assertEquals("my workspace", new YAMLMapper().readTree(printed()).get("name").asText());
    assertEquals(0, workspace("list"));
    assertTrue(printed().contains("ID"), printed());
    assertTrue(printed().contains(ScriptedPort.ID.substring(0, 8)), printed());
  }

  @Test
  void foreignStringsAreHarmlessInEveryForm() {
    // XML carries no ESC, but its eight-bit sister and the marks that turn writing around.
    port.name = "\u009b31mred\u202e";
    for (String form : List.of("table", "json", "yaml")) {
      workspace("show", "w", "-o", form);
      assertFalse(printed().matches("(?s).*[\u009b\u202e].*"), printed());
      assertTrue(printed().contains("red"), printed());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "SITE,1",
    "INVALID,2",
    "NOT_FOUND,3",
    "UNAUTHENTICATED,4",
    "IMAGE_REFUSED,5",
    "NOT_ALLOWED,6",
    "TIMED_OUT,7",
    "NO_CAPACITY,8",
    "CONFLICT,2"
  })
  void everyCategoryHasItsExitCode(FaultCategory category, int exit) {
    port.refusal =
        RefusalException.of(category, "some.code", "it was refused")
            .advice("do this")
            .fact("expected", "one thing");
    assertEquals(exit, workspace("show", "w"));
    assertTrue(complained().contains("it was refused"), this::complained);
    assertTrue(complained().contains("expected: one thing"), this::complained);
    assertTrue(complained().contains("-> do this"), this::complained);
    assertEquals("", printed());
  }

  @Test
  void aFailedDeploymentExitsWithTheReasonsCode() {
    port.state = WorkspaceState.FAILED;
    port.failure =
        RefusalException.of(FaultCategory.IMAGE_REFUSED, "image.digest.mismatch", "a bit flipped");
    assertEquals(5, workspace("deploy", "tiny", "--wait"));
    assertTrue(complained().contains("a bit flipped"), this::complained);
  }

  @Test
  void waitingEndsInTime() {
    port.state = WorkspaceState.PLACED;
    assertEquals(7, workspace("deploy", "tiny", "--wait", "--timeout", "1s"));
    assertTrue(complained().contains("goes on"), this::complained);
    assertTrue(printed().contains(ScriptedPort.ID), "its id is told");
  }

  @Test
  void theOrderArrivesAsTyped() throws Exception {
    Path key = Files.writeString(directory.resolve("id.pub"), "ssh-ed25519 AAAA ada\n");
    Path data = Files.writeString(directory.resolve("data"), "#!/bin/sh\necho hi\n");
    port.state = WorkspaceState.RUNNING;
    assertEquals(
        0,
        workspace(
            "deploy",
            "tiny:1",
            "--name",
            "n",
            "--cpus",
            "2",
            "--memory",
            "2G",
            "--scratch",
            "1G",
            "--lease",
            "90m",
            "--forward",
            "80",
            "--forward",
            "30022:22",
            "--ssh-key",
            key.toString(),
            "--user-data",
            data.toString(),
            "--wait"),
        this::complained);
    assertEquals("tiny:1", port.asked.getImage());
    assertEquals(2L << 30, port.asked.getMemoryBytes());
    assertEquals(5400, port.asked.getLeaseSeconds());
    assertEquals(30022, port.asked.getForward().get(1).getHostPort());
    assertEquals("ssh-ed25519 AAAA ada", port.asked.getSshKey());
    assertEquals("#!/bin/sh\necho hi\n", new String(port.asked.getUserData(), UTF_8));
    assertEquals(0, workspace("deploy", "tiny:1"), this::complained);
    assertNull(port.asked.getLeaseSeconds(), "how long is the site's to say");
  }

  @Test
  void wrongUsageIsTwo() {
    assertEquals(2, workspace("deploy"));
    assertEquals(2, workspace("deploy", "tiny", "--memory", "lots"));
    assertEquals(2, workspace("deploy", "tiny", "--forward", "0"));
    assertEquals(2, workspace("deploy", "tiny", "--lease", "soon"));
    assertEquals(2, workspace("image"));
    assertEquals(2, workspace());
    environment.remove("HOSPES_SERVICE");
    assertEquals(2, workspace("list"));
    assertTrue(complained().contains("HOSPES_SERVICE"), this::complained);
  }

  @Test
  void nobodyListensIsTheSitesFailure() {
    environment.put("HOSPES_SERVICE", "https://localhost:1");
    assertEquals(1, workspace("list"));
  }

  @Test
  void aKeyThatOthersCanReadIsRefused() throws Exception {
    Path proxy = Path.of(environment.get("X509_USER_PROXY"));
    Files.setPosixFilePermissions(proxy, PosixFilePermissions.fromString("rw-r--r--"));
    assertEquals(4, workspace("list"));
    assertTrue(complained().contains("chmod 600"), this::complained);
  }

  @Test
  void oneLearnsAtHomeThatOnesCertificateExpired() throws Exception {
    Credential old = site.pki().expired("Old Physicist");
    environment.put("X509_USER_PROXY", site.pki().writeProxy(old, "old.pem").toString());
    assertEquals(4, workspace("list"));
    assertTrue(complained().contains("expired"), this::complained);
    assertTrue(site.failedHandshakes().isEmpty(), "nothing was sent");
  }

  @Test
  void imagesAreNotSignedWithAProxy() throws Exception {
    Path disk = Files.write(directory.resolve("d.img"), new byte[512]);
    assertEquals(4, workspace("image", "sign", disk.toString()));
  }

  @Test
  void theConsoleComesWithoutItsControls() {
    port.console = "login: \u001b[1mroot\u001b[0m\r\n";
    assertEquals(0, workspace("console", "w"));
    assertEquals("login: root\n", printed());
  }

  @Test
  @Timeout(60)
  void aConsoleIsFollowedNoLongerThanItIsRead() {
    OutputStream closed =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
          }
        };
    port.console = "one\ntwo\n";
    assertEquals(0, workspaceTo(closed, "console", "w", "--follow"), this::complained);
    assertEquals("", complained());
  }

  @Test
  @Timeout(60)
  void aConsoleIsFollowedToTheLogOfAnotherNode() {
    port.console = "all of the old log\n\u001b]title";
    port.laterConsoles.add("new\n");
    port.laterConsoles.add("new\nmore\n");
    port.consoleEnds = true;
    assertEquals(0, workspace("console", "w", "--follow"), this::complained);
    assertEquals("all of the old log\nnew\nmore\n", printed());
    assertTrue(complained().matches("\\[.* begins anew.*]\n"), this::complained);
  }

  @Test
  @Timeout(60)
  void aNewLogIsShownThoughItsGuestHasEnded() {
    port.console = "all of the old log\n";
    port.laterConsoles.add("new\n");
    port.consoleEnds = true;
    assertEquals(0, workspace("console", "w", "--follow"), this::complained);
    assertEquals("all of the old log\nnew\n", printed());
  }

  @Test
  @Timeout(60)
  void aNewLogIsToldOfOnceAndWaitedFor() {
    port.console = "all of the old log\n";
    port.laterConsoles.add("");
    port.laterConsoles.add("");
    port.laterConsoles.add("new\n");
    port.consoleEnds = true;
    assertEquals(0, workspace("console", "w", "--follow"), this::complained);
    assertEquals("all of the old log\nnew\n", printed());
    assertTrue(complained().matches("\\[.* begins anew.*]\n"), "once: " + complained());
  }

  @Test
  @Timeout(60)
  void whatIsAskedForBehindTheEndBeginsAtTheEnd() {
    port.console = "old\n";
    port.laterConsoles.add("old\nnew\n");
    port.consoleEnds = true;
    assertEquals(0, workspace("console", "w", "--follow", "--offset", "1000"), this::complained);
    assertEquals("new\n", printed());
    assertEquals("", complained());
    assertEquals(0, workspace("console", "w", "--offset", "1000"), this::complained);
    assertEquals("", printed());
  }

  @Test
  void doctorFindsDriftAndAWrongClock() {
    port.drifted = true;
    port.clockOffSeconds = 600;
    assertEquals(1, workspace("doctor"));
    assertTrue(printed().contains("another image policy"), this::printed);
    assertTrue(printed().contains("off the service's"), this::printed);
    assertTrue(printed().contains("SHA-1"), this::printed);
  }

  @Test
  void doctorNamesACaThatIsLeftOut() throws Exception {
    Path broken = site.pki().caDirectory().resolve("0badca00.r0");
    Files.createDirectory(broken);
    try {
      workspace("doctor");
      assertTrue(printed().contains("0badca00.r0: it is no file"), this::printed);
    } finally {
      Files.delete(broken);
    }
  }

  @Test
  void helpAndCompletionNeedNoSite() {
    environment.clear();
    assertEquals(0, workspace("--help"));
    assertTrue(printed().contains("deploy"));
    assertEquals(0, workspace("generate-completion"));
    assertTrue(printed().contains("complete -F"), this::printed);
  }
}
