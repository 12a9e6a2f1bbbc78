package org.hospes.node.libvirt;

import static org.hospes.node.hypervisor.HypervisorContract.assertKind;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.hospes.node.hypervisor.GuestEnd;
import org.hospes.node.hypervisor.GuestMetadata;
import org.hospes.node.hypervisor.GuestSpec;
import org.hospes.node.hypervisor.GuestState;
import org.hospes.node.hypervisor.GuestStatus;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.hospes.node.libvirt.LibvirtSettings.Driver;
import org.hospes.node.libvirt.LibvirtSettings.Emulation;
import org.hospes.node.libvirt.LibvirtSettings.XenKind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent's side of a live save, with a shell in the place of the process that saves. */
final class XenLiveSaveTest {
  private static final Instant NOW = Instant.parse("2026-11-21T10:00:00Z");
  private static final UUID GUEST = UUID.fromString("5b7f2c1e-94a0-4c5e-8d3e-1f6a70c2b9d4");
  private static final String DOCUMENT = "<domain><uuid>" + GUEST + "</uuid></domain>";
  private static final int DOMAIN = 7;

  /** What is waited out, and yet longer than a busy machine holds up a shell. */
  private static final Duration SHORT = Duration.ofSeconds(3);

  /** Such as Xen's library writes them. */
  private static final String SAYS_THAT_IT_STANDS =
      "echo 'xc: progress: Frames iteration 1: 944/944  100%' >&2\n"
          + "echo 'libxl: debug: libxl_dom_suspend.c:358:check: Domain 7:guest has suspended' >&2\n";

  @TempDir Path folder;
  private Path memory;
  private Path proc;
  private Path goneOn;

  @BeforeEach
  void names() throws Exception {
    memory = folder.resolve("memory");
    proc = Files.createDirectory(folder.resolve("proc"));
    goneOn = folder.resolve("gone-on");
  }

  /** A xenstore that knows one domain. */
  @BeforeEach
  void store() throws Exception {
    Path key = folder.resolve("key");
    Files.writeString(folder.resolve("store-write"), "printf %s $2 > " + key);
    Files.writeString(folder.resolve("store-read"), "cat " + key);
    Files.writeString(folder.resolve("store-rm"), "rm -f " + key);
  }

  /** Saves as the script does, which has the file in $3; that one is let go on is noted. */
  private XenLiveSave saver(String save) throws Exception {
    return saver(save, Duration.ofSeconds(60));
  }

  private XenLiveSave saver(String save, Duration silence) throws Exception {
    Files.write(folder.resolve("stream"), XenStreamBytes.stream(XenKind.PVH).toBytes());
    Path script =
        Files.writeString(
            folder.resolve("saver"),
            "if [ $1 = go-on ]; then echo $2 >> " + goneOn + "; exit 0; fi\n" + save);
    return new XenLiveSave(
        List.of("sh", script.toString()),
        new XenSaves(List.of("sh", folder.resolve("store-").toString())),
        proc,
        silence,
        Clock.fixed(NOW, ZoneOffset.UTC));
  }

  private String all() {
    return "cat " + folder.resolve("stream") + " >> $3\n";
  }

  private HypervisorException refused(XenLiveSave saver) {
    return assertKind(Kind.FAILED, () -> saver.write(DOMAIN, memory, DOCUMENT, () -> false));
  }

  @Test
  void theFileIsAsLibvirtWouldHaveWrittenIt() throws Exception {
    Files.writeString(memory, "an earlier one");
    assertEquals(
        Optional.of(NOW),
        saver(SAYS_THAT_IT_STANDS + all() + "exit 0").write(DOMAIN, memory, DOCUMENT, () -> false));
    assertArrayEquals(XenStreamBytes.whole(XenKind.PVH, DOCUMENT), Files.readAllBytes(memory));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(memory)));
    assertTrue(SavedMemory.whole(Driver.XEN, GUEST, memory));
    assertFalse(SavedMemory.whole(Driver.XEN, UUID.randomUUID(), memory));
    assertFalse(Files.exists(goneOn));
  }

  /** As it stands when an agent died between the two: all is written, and the domain is there. */
  @Test
  void whatIsLetGoOnLeavesNoMemoryBehind() throws Exception {
    XenLiveSave saver = saver(all());
    Optional<Instant> unused = saver.write(DOMAIN, memory, DOCUMENT, () -> false);
    assertTrue(SavedMemory.whole(Driver.XEN, GUEST, memory));
    saver.letGoOn(DOMAIN);
    assertFalse(Files.exists(memory));
    assertEquals(DOMAIN + "\n", Files.readString(goneOn));

    Optional<Instant> again = saver.write(DOMAIN, memory, DOCUMENT, () -> false);
    saver.ended(DOMAIN);
    saver.letGoOn(DOMAIN);
    assertTrue(Files.exists(memory), "its domain was gone, and it is the guest's memory");
    assertEquals(unused, again);
  }

  @Test
  void aSaveThatCannotBeNotedIsNone() throws Exception {
    Files.writeString(folder.resolve("store-write"), "exit 1");
    HypervisorException failed = refused(saver(all()));
    assertTrue(failed.getMessage().contains("xenstore"), failed.getMessage());
    assertFalse(Files.exists(memory));
  }

  @Test
  void whenItStoodStillIsNotGuessed() throws Exception {
    assertEquals(Optional.empty(), saver(all()).write(DOMAIN, memory, DOCUMENT, () -> false));
  }

  @Test
  void aMemoryThatIsCutOffAnywhereIsNoneOfAnybody() throws Exception {
    byte[] whole = XenStreamBytes.whole(XenKind.PVH, DOCUMENT);
    for (int length = 0; length < whole.length; length++) {
      Files.write(memory, java.util.Arrays.copyOf(whole, length));
      assertFalse(SavedMemory.whole(Driver.XEN, GUEST, memory), "at " + length);
    }
    Files.write(memory, java.util.Arrays.copyOf(whole, whole.length + 8));
    assertFalse(SavedMemory.whole(Driver.XEN, GUEST, memory), "something follows");
  }

  @Test
  void aFailureSaysWhatXenSaidAndLeavesNoFile() throws Exception {
    HypervisorException failed =
        refused(saver("echo half >> $3; echo 'xc: error: No space left on device' >&2; exit 1"));
    assertTrue(failed.getMessage().contains("No space left on device"), failed.getMessage());
    assertFalse(Files.exists(memory));
    assertFalse(Files.exists(goneOn), "it has seen to that itself");
  }

  @Test
  void oneThatIsKilledCannotHaveLetTheGuestGoOn() throws Exception {
    HypervisorException failed = refused(saver("echo half >> $3; kill -9 $$"));
    assertTrue(failed.getMessage().contains("exit 137"), failed.getMessage());
    assertFalse(Files.exists(memory));
    assertEquals(DOMAIN + "\n", Files.readString(goneOn));
  }

  @Test
  void oneThatFallsSilentIsToldToBreakOff() throws Exception {
    HypervisorException failed =
        refused(saver("cat; echo 'libxl: error: the helper was killed' >&2; exit 1", SHORT));
    assertTrue(failed.getMessage().contains("the helper was killed"), failed.getMessage());
    assertFalse(Files.exists(goneOn));
  }

  /** Its guest runs meanwhile, and its lease may be over. */
  @Test
  void oneThatNobodyNeedsIsToldToBreakOff() throws Exception {
    XenLiveSave saver = saver("cat; echo 'libxl: error: told to' >&2; exit 1");
    HypervisorException failed =
        assertKind(Kind.FAILED, () -> saver.write(DOMAIN, memory, DOCUMENT, () -> true));
    assertTrue(failed.getMessage().contains("told to"), failed.getMessage());
    assertFalse(Files.exists(goneOn));
  }

  @Test
  void oneThatDoesNotHeedIsEnded() throws Exception {
    refused(saver("exec sleep 600", SHORT));
    assertEquals(DOMAIN + "\n", Files.readString(goneOn));
  }

  @Test
  void oneThatWritesIsNotSilent() throws Exception {
    XenLiveSave saver =
        saver("for i in 1 2 3 4 5 6 7 8; do echo some >> $3; sleep 1; done", Duration.ofSeconds(6));
    Optional<Instant> unused = saver.write(DOMAIN, memory, DOCUMENT, () -> false);
    assertTrue(Files.size(memory) > 64);
  }

  @Test
  void whatAnEarlierAgentLeftIsEndedBefore() throws Exception {
    Process left = new ProcessBuilder("sleep", "600").start();
    Process another = new ProcessBuilder("sleep", "600").start();
    try {
      process(left, "/usr/lib/xen-4.17/bin/libxl-save-helper", "--save-domain", "15", "14", "7");
      process(another, "/usr/lib/xen-4.17/bin/libxl-save-helper", "--save-domain", "15", "7", "14");
      Optional<Instant> unused = saver(all(), SHORT).write(DOMAIN, memory, DOCUMENT, () -> false);
      assertFalse(left.isAlive());
      assertTrue(another.isAlive(), "it saves another domain");
      process(another, "java", "-cp", "x", XenSaver.class.getName(), "save", "7", "/memory");
      saver(all(), SHORT).letGoOn(DOMAIN);
      assertFalse(another.isAlive());
    } finally {
      left.destroyForcibly();
      another.destroyForcibly();
    }
  }

  private void process(Process process, String... words) throws Exception {
    Path shown = Files.createDirectories(proc.resolve(Long.toString(process.pid())));
    Files.writeString(shown.resolve("cmdline"), String.join("\0", words) + "\0");
  }

  // --- guests that stand still

  private static GuestStatus running() {
    return new GuestStatus(
        GUEST,
        GuestSpec.nameOf(GUEST),
        GuestState.RUNNING,
        List.of(),
        new GuestMetadata(GUEST, "/CN=ada", NOW, "service"));
  }

  /** An xl whose guest stands still for that reason until it is let go on. */
  private XenStandstill standstill(String reason, String mends) throws Exception {
    Path xl =
        Files.writeString(
            folder.resolve("xl"),
            """
            echo Name
            why=%s; [ ! -e %s ] || %s
            echo "%s 7 256 1 ---s-- 1.0 %s $why - -"
            """
                .formatted(reason, goneOn, mends, GuestSpec.nameOf(GUEST), GUEST));
    return new XenStandstill(
        saver(SAYS_THAT_IT_STANDS + all()),
        new XenDomains(List.of("sh", xl.toString())),
        new Endings(LibvirtSettings.of(Driver.TEST, "test:///default", Emulation.AUTO)));
  }

  @Test
  void oneThatASaveLeftStandingIsLetGoOn() throws Exception {
    assertEquals(List.of(running()), standstill("2", "why=-").asXenHasThem(List.of(running())));
    assertEquals(DOMAIN + "\n", Files.readString(goneOn));
  }

  @Test
  void oneThatCannotBeLetGoOnIsNotTakenForRunning() throws Exception {
    XenStandstill standstill = standstill("2", ":");
    var failed = assertKind(Kind.FAILED, () -> standstill.asXenHasThem(List.of(running())));
    assertTrue(failed.getMessage().contains("cannot be let go on"), failed.getMessage());
  }

  @Test
  void oneThatIsBeingSavedIsLeftAlone() throws Exception {
    XenStandstill standstill = standstill("2", ":");
    standstill.save(
        GUEST,
        DOMAIN,
        DOCUMENT,
        memory,
        () -> false,
        () -> {
          assertEquals(List.of(running()), standstill.asXenHasThem(List.of(running())));
          assertKind(
              Kind.CONFLICT,
              () -> standstill.save(GUEST, DOMAIN, DOCUMENT, memory, () -> false, () -> {}));
        });
    assertFalse(Files.exists(goneOn));
    assertEquals(Optional.of(NOW), standstill.stoodStill(GUEST));
  }

  @Test
  void oneThatEndedUnheardHasEnded() throws Exception {
    for (var how :
        List.of(
            List.of("0", GuestEnd.POWERED_OFF),
            List.of("1", GuestEnd.POWERED_OFF),
            List.of("3", GuestEnd.CRASHED))) {
      Endings endings =
          new Endings(LibvirtSettings.of(Driver.TEST, "test:///default", Emulation.AUTO));
      endings.saw(GUEST, (GuestEnd) how.get(1));
      assertEquals(how.get(1), endings.of(GUEST));
      assertEquals(
          GuestState.ENDED,
          standstill((String) how.get(0), ":").asXenHasThem(List.of(running())).get(0).state());
    }
    assertFalse(Files.exists(goneOn));
  }

  @Test
  void oneThatRunsIsAsLibvirtSays() throws Exception {
    assertEquals(List.of(running()), standstill("-", ":").asXenHasThem(List.of(running())));
    assertEquals(
        OptionalInt.empty(),
        XenDomains.parse("Name\nx 7 256 1 -b---- 1.0 " + GUEST + " - - -\n").get(0).shutdown());
  }
}
