package org.hospes.client.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.workspace.SavedDisk;
import org.hospes.contract.workspace.WorkspaceGoal;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.contract.workspace.WorkspaceState;
import org.hospes.image.Digest;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.bytes.ByteRange;
import org.hospes.wire.bytes.PartialAnswer;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.security.SecureServer;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code workspace save} as its user types it, against a site that breaks off as the test says. */
class SaveTest {
  private static final int SIZE = 300_000;

  @TempDir static Path shared;
  private static WireSite site;
  private static SecureServer server;
  private static final ScriptedPort port = new ScriptedPort();
  private static final Disks disks = new Disks();

  @TempDir Path directory;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Map<String, String> environment = new HashMap<>();
  private Path file;

  /** A site's disks: one. */
  private static final class Disks extends HttpServlet {
    private static final long serialVersionUID = 1L;
    final transient List<String> asked = Collections.synchronizedList(new ArrayList<>());

    /** After how many bytes each of the next answers breaks off. */
    final transient Deque<Integer> breaks = new ArrayDeque<>();

    transient volatile byte[] sent = new byte[0];
    transient volatile Digest told;
    transient volatile RefusalException refusal;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      asked.add(request.getPathInfo() + " " + request.getHeader("Range"));
      if (refusal != null) {
        throw refusal;
      }
      ByteRange part = PartialAnswer.head(request, response, told.bytes(), sent.length);
      int length = (int) part.length();
      Integer end = breaks.poll();
      response
          .getOutputStream()
          .write(sent, (int) part.from(), end == null ? length : Math.min(end, length));
      if (end != null) {
        response.flushBuffer();
        throw new IOException("the test breaks it off");
      }
    }
  }

  @BeforeAll
  static void raise() throws Exception {
    site = WireSite.create(shared.resolve("pki"));
    server =
        site.start(
            site.server()
                .signed("/workspace", port, WorkspacePort.class, "wsdl/workspace.wsdl")
                .bytes("/disk/*", disks));
  }

  @AfterAll
  static void fell() throws Exception {
    site.close();
  }

  @BeforeEach
  void aStoppedWorkspace() throws Exception {
    port.reset();
    port.state = WorkspaceState.STOPPED;
    port.goal = WorkspaceGoal.STOP;
    disks.asked.clear();
    disks.breaks.clear();
    disks.refusal = null;
    file = directory.resolve("new.qcow2");
    holds(1);
    environment.put("HOSPES_SERVICE", "https://localhost:" + server.port());
    environment.put("X509_CERT_DIR", site.pki().caDirectory().toString());
    environment.put(
        "X509_USER_PROXY",
        site.pki()
            .writeProxy(
                site.pki().proxy(site.pki().user("Ada Physicist"), ProxyKind.FULL), "proxy.pem")
            .toString());
  }

  private static void holds(int seed) throws Exception {
    byte[] disk = new byte[SIZE];
    new Random(seed).nextBytes(disk);
    disks.sent = disk;
    disks.told = Digest.sha256(MessageDigest.getInstance("SHA-256").digest(disk));
    SavedDisk told = new SavedDisk();
    told.setMadeAt(Instant.parse("2026-11-20T11:00:00Z"));
    told.setBytes(SIZE);
    told.setDigest(disks.told.toString());
    port.savedDisk = told;
  }

  private int save(String... more) {
    out.reset();
    err.reset();
    List<String> words = new ArrayList<>(List.of("save", "w", "--to", file.toString()));
    words.addAll(List.of(more));
    Surroundings around =
        new Surroundings(
            environment,
            directory,
            InputStream.nullInputStream(),
            new PrintStream(out, true, UTF_8),
            new PrintStream(err, true, UTF_8),
            false,
            false,
            false,
            Clock.systemUTC());
    return WorkspaceCommand.line(around).execute(words.toArray(String[]::new));
  }

  private String complained() {
    return err.toString(UTF_8);
  }

  private Path beside(String end) {
    return directory.resolve("new.qcow2" + end);
  }

  private void arrived() throws IOException {
    assertArrayEquals(disks.sent, Files.readAllBytes(file));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    assertFalse(Files.exists(beside(".part")));
    assertFalse(Files.exists(beside(".part.digest")));
  }

  @Test
  void aDiskArrivesAndWhatToDoNextIsSaid() throws Exception {
    assertEquals(0, save("-o", "json"), this::complained);
    arrived();
    assertEquals(
        disks.told.toString(),
        new ObjectMapper().readTree(out.toByteArray()).at("/digest").asText());
    assertTrue(complained().contains("workspace image sign " + file), complained());
    assertTrue(complained().contains("workspace image publish " + file), complained());
    assertEquals(2, save(), "it is there");
    assertEquals(1, disks.asked.size());
  }

  @Test
  void whatBreaksOffGoesOnByItself() throws Exception {
    disks.breaks.addAll(List.of(100_000, 0, 50_000, 0));
    assertEquals(0, save(), this::complained);
    arrived();
    assertEquals(5, disks.asked.size(), disks.asked::toString);
  }

  @Test
  void whatWasGivenUpGoesOnTheNextTime() throws Exception {
    disks.breaks.addAll(List.of(100_000, 0, 0));
    assertEquals(1, save());
    assertTrue(complained().contains("code: disk.fetch.broken"), complained());
    assertTrue(complained().contains("goes on where it stopped"), complained());
    long here = Files.size(beside(".part"));
    assertTrue(here > 0 && here <= 100_000, here + " bytes");
    assertFalse(Files.exists(file));
    disks.asked.clear();
    assertEquals(0, save(), this::complained);
    arrived();
    assertEquals(List.of("/" + ScriptedPort.ID + " bytes=" + here + "-" + (SIZE - 1)), disks.asked);
  }

  @Test
  void aPartOfAnotherDiskIsNotGoneOnWith() throws Exception {
    disks.breaks.addAll(List.of(100_000, 0, 0));
    assertEquals(1, save());
    holds(2);
    assertEquals(0, save(), this::complained);
    arrived();
  }

  @Test
  void aPartThatIsNotWhatCameIsFoundOutAndBegunAnew() throws Exception {
    disks.breaks.addAll(List.of(100_000, 0, 0));
    assertEquals(1, save());
    byte[] part = Files.readAllBytes(beside(".part"));
    part[7] ^= 1;
    Files.write(beside(".part"), part);
    assertEquals(1, save());
    assertTrue(complained().contains("code: disk.digest.mismatch"), complained());
    assertFalse(Files.exists(file));
    assertEquals(0, save(), this::complained);
    arrived();
  }

  @Test
  void bytesThatAreNotWhatTheSiteToldAreNoDisk() throws Exception {
    disks.sent = Arrays.copyOf(disks.sent, SIZE);
    disks.sent[SIZE / 2] ^= 1;
    assertEquals(1, save());
    assertTrue(complained().contains("expected: " + disks.told), complained());
    assertFalse(Files.exists(file));
    assertFalse(Files.exists(beside(".part")));
  }

  @Test
  void whyThereIsNoDiskIsSaid() throws Exception {
    port.savedDisk = null;
    port.setback =
        RefusalException.of(FaultCategory.NO_CAPACITY, "disk.no-space", "no room for one file");
    assertEquals(8, save());
    assertTrue(complained().contains("code: disk.no-space"), complained());
    port.reset();
    port.state = WorkspaceState.STOPPED;
    port.goal = WorkspaceGoal.STOP;
    holds(1);
    disks.refusal = RefusalException.of(FaultCategory.NOT_FOUND, "disk.absent", "not any more");
    assertEquals(3, save());
    assertTrue(complained().contains("code: disk.absent"), complained());
    assertEquals(2, save("--to", directory.resolve("no/such/folder").toString()));
    assertEquals(0, Files.list(directory).filter(f -> f.equals(file)).count());
  }
}
