package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hospes.node.hypervisor.HypervisorContract.assertKind;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.hospes.image.DiskFormat;
import org.hospes.node.disk.DiskTools;
import org.hospes.node.disk.GuestDisks;
import org.hospes.node.hypervisor.Ability;
import org.hospes.node.hypervisor.ConsoleLine;
import org.hospes.node.hypervisor.ConsoleSource;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.hypervisor.GuestBoot;
import org.hospes.node.hypervisor.GuestEnd;
import org.hospes.node.hypervisor.GuestInterface;
import org.hospes.node.hypervisor.GuestMetadata;
import org.hospes.node.hypervisor.GuestSpec;
import org.hospes.node.hypervisor.GuestState;
import org.hospes.node.hypervisor.GuestStatus;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.hospes.node.hypervisor.TinyDisk;
import org.hospes.node.libvirt.LibvirtSettings.XenKind;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * A PVH guest that writes its memory over and over, and reads again what it wrote, is saved while
 * it does. Runs in the first domain of a Xen, by {@link TestsByHand}.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class LiveSaveOnXen {
  private static final String BRIDGE = "live0";
  private static final Duration LONG = Duration.ofMinutes(4);
  private static final String SAVER = XenSaver.class.getName();
  private static final String HELPER = "libxl-save-helper";
  private static final String WRONG = "not what it wrote";

  /**
   * Holds 8 MiB that stay as they are, and writes one after the other; says which round it is in,
   * and when it reads anything but what it wrote.
   */
  private static final String WRITES =
      "mkdir /t; mount -t tmpfs none /t; cd /t; dd if=/dev/urandom of=old bs=64k count=128; md5sum"
          + " old > sum; i=0; while :; do i=$((i+1)); dd if=/dev/urandom of=new bs=64k count=16"
          + " 2>/dev/null; md5sum new > now; md5sum -cs sum && md5sum -cs now || echo not 'what it'"
          + " wrote; echo round $i; done\n";

  private static final Pattern ROUND = Pattern.compile("^round ([0-9]+)\\s*$", Pattern.MULTILINE);

  private static LibvirtHypervisor hypervisor;
  private static Path folder;

  /** One writes for as many tests as leave it running: a start takes longer than most of them. */
  private static GuestSpec guest;

  private Path memory;

  @BeforeAll
  static void raise() throws Exception {
    hypervisor = LibvirtHypervisor.open(XenLab.settings(XenKind.PVH), Clock.systemUTC());
    folder = Files.createTempDirectory(Path.of("/var/lib/hospes"), "live");
    XenLab.run("ip", "link", "add", BRIDGE, "type", "bridge");
  }

  @AfterAll
  static void takeDown() throws Exception {
    if (hypervisor != null) {
      endGuest();
      hypervisor.close();
    }
    XenLab.run("ip", "link", "del", BRIDGE);
    XenLab.run("rm", "-rf", folder.toString());
  }

  @BeforeEach
  void aFileThatIsNotThere() {
    memory = folder.resolve("memory-" + UUID.randomUUID());
  }

  /** Whatever a test that failed did to it, the next one has one that runs and is whole. */
  @AfterEach
  void itIsWhole() throws Exception {
    if (guest != null && (state() != GuestState.RUNNING || console().contains(WRONG))) {
      endGuest();
    }
  }

  private static void aGuestThatWrites() throws Exception {
    if (guest == null) {
      start(spec());
      await("the guest", () -> console().contains("list of built-in commands"));
      type(WRITES);
    }
    goesOn(2);
    assertEquals(List.of(guest.id()), hypervisor.list().stream().map(GuestStatus::id).toList());
    assertEquals(3, XenLab.run("xl", "list").lines().count(), "another domain is left");
  }

  private static void start(GuestSpec spec) throws Exception {
    guest = spec;
    hypervisor.startPaused(guest);
    hypervisor.resume(guest.id());
  }

  private static void endGuest() throws Exception {
    if (guest != null) {
      hypervisor.destroy(guest.id());
      guest = null;
    }
    assertEquals(List.of(), hypervisor.list());
    assertEquals(2, XenLab.run("xl", "list").lines().count(), "a domain is left");
  }

  @Test
  void theGuestRunsOnWhileItIsSavedAndGoesOnFromThere() throws Exception {
    aGuestThatWrites();
    assertTrue(hypervisor.capabilities().abilities().contains(Ability.LIVE));
    int before = round();
    Instant asked = Instant.now();
    CompletableFuture<Void> save =
        inBackground(() -> hypervisor.save(guest.id(), memory, () -> false));
    await("the file", () -> Files.exists(memory));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(memory)));
    byte[] early = beginning(1 << 20);
    assertEquals(GuestState.RUNNING, state(), "whoever looks meanwhile disturbs nothing");
    save.get();
    Instant saved = Instant.now();

    assertTrue(round() > before, "it went on meanwhile: " + before + ", " + round());
    Instant still = hypervisor.stoodStill(guest.id()).orElseThrow();
    System.out.printf(
        "saved in %d ms, of which it stood still for %d ms; rounds %d to %d%n",
        Duration.between(asked, saved).toMillis(),
        Duration.between(still, saved).toMillis(),
        before,
        round());
    assertTrue(
        Duration.between(still, saved).multipliedBy(2).compareTo(Duration.between(asked, saved))
            < 0,
        "it stood still from " + still + " of " + asked + " to " + saved);
    assertEquals(Optional.empty(), hypervisor.inspect(guest.id()));
    assertTrue(hypervisor.saved(guest.id(), memory));
    assertArrayEquals(early, beginning(early.length), "once written, it stays");

    // As another node would judge it.
    assertTrue(hypervisor.adopt(guest, memory));
    goesOnFromThere();
  }

  @Test
  void aSaveWhoseProcessesAreKilledLeavesTheGuestRunning() throws Exception {
    aGuestThatWrites();
    for (String program : List.of(HELPER, SAVER)) {
      isBrokenOffBy(() -> processes(program).forEach(ProcessHandle::destroyForcibly));
    }
    hypervisor.save(guest.id(), memory, () -> false);
    goesOnFromThere();
  }

  /** As systemd stops a service: each of its processes is told to end, in whatever order. */
  @Test
  void aSaveWhoseProcessesAreToldToEndLeavesTheGuestRunning() throws Exception {
    aGuestThatWrites();
    isBrokenOffBy(
        () ->
            Stream.concat(processes(SAVER).stream(), processes(HELPER).stream())
                .forEach(ProcessHandle::destroy));
  }

  private void isBrokenOffBy(Task whatEndsIt) throws Exception {
    CompletableFuture<Void> save =
        inBackground(() -> hypervisor.save(guest.id(), memory, () -> false));
    await("some of it", () -> Files.exists(memory) && Files.size(memory) > 16 << 20);
    whatEndsIt.run();
    Exception failed = assertThrows(ExecutionException.class, save::get);
    assertTrue(failed.getMessage().contains("was not saved"), failed.getMessage());
    assertFalse(Files.exists(memory), "its room is free");
    assertEquals(GuestState.RUNNING, state());
    goesOn(1);
    assertFalse(console().contains(WRONG), console());
  }

  @Test
  void aDiskThatIsFullLeavesTheGuestRunning() throws Exception {
    aGuestThatWrites();
    Path small = Files.createDirectory(folder.resolve("small"));
    XenLab.run("mount", "-t", "tmpfs", "-o", "size=24m", "none", small.toString());
    try {
      Path there = small.resolve("memory");
      var failed = assertKind(Kind.FAILED, () -> hypervisor.save(guest.id(), there, () -> false));
      assertTrue(failed.getMessage().contains("No space left"), failed.getMessage());
      assertFalse(Files.exists(there));
      assertEquals(GuestState.RUNNING, state());
      goesOn(1);
    } finally {
      XenLab.run("umount", small.toString());
    }
    assertFalse(console().contains(WRONG), console());
  }

  /** As an agent leaves it that is killed when all is written, and before it ended the domain. */
  @Test
  @Order(Integer.MAX_VALUE) // It uses the guest up.
  void aGuestThatWasLeftStandingIsLetGoOnByWhoeverLooks() throws Exception {
    aGuestThatWrites();
    try {
      int number = Integer.parseInt(XenLab.run("xl", "domid", guest.name()).strip());
      Optional<Instant> stands =
          XenLiveSave.here(Clock.systemUTC()).write(number, memory, "<uuid>x</uuid>", () -> false);
      assertTrue(stands.isPresent());
      assertEquals(
          OptionalInt.of(XenDomains.Listed.SUSPENDED),
          XenDomains.here().of(guest.id()).get(0).shutdown());

      assertEquals(GuestState.RUNNING, state());

      assertFalse(Files.exists(memory), "what it does from now on is not in it");
      goesOn(1);
      assertFalse(console().contains(WRONG), console());
      // Libvirt does not hear of its end any more.
      type("\003");
      type("poweroff -f\n");
      await("its end", () -> state() == GuestState.ENDED);
      assertEquals(GuestEnd.POWERED_OFF, hypervisor.howItEnded(guest.id()));
    } finally {
      endGuest();
    }
  }

  /** A guest helps to be saved, and a GRUB does not; Xen's library waits for it for a minute. */
  @Test
  @Order(1) // Before there is the one that writes.
  void aGuestThatDoesNotSuspendItselfRunsOn() throws Exception {
    endGuest();
    start(spec(new GuestBoot.OwnLoader(), XenLab.disk(folder)));
    try {
      await("its GRUB", () -> console().contains(TinyDisk.GREETING.strip()));
      var failed = assertKind(Kind.FAILED, () -> hypervisor.save(guest.id(), memory, () -> false));
      assertTrue(failed.getMessage().contains("didn't acknowledge suspend"), failed.getMessage());
      assertFalse(Files.exists(memory));
      assertEquals(GuestState.RUNNING, state());
      assertEquals(OptionalInt.empty(), XenDomains.here().of(guest.id()).get(0).shutdown());
    } finally {
      endGuest();
    }
  }

  private void goesOnFromThere() throws Exception {
    int then = round();
    assertEquals(GuestState.PAUSED, hypervisor.restorePaused(guest, memory).state());
    assertEquals(then, round());
    hypervisor.resume(guest.id());
    goesOn(3);
    assertFalse(console().contains(WRONG), console());
    String all = console();
    assertEquals(
        all.indexOf("list of built-in"), all.lastIndexOf("list of built-in"), "it booted: " + all);
  }

  /** Waits for so many rounds more, and the one that it was in. */
  private static void goesOn(int rounds) throws Exception {
    int then = round();
    await("it to go on", () -> round() > then + rounds);
  }

  private static GuestState state() throws Exception {
    return hypervisor.inspect(guest.id()).map(GuestStatus::state).orElseThrow();
  }

  private byte[] beginning(int bytes) throws Exception {
    try (var in = Files.newInputStream(memory)) {
      return in.readNBytes(bytes);
    }
  }

  private static List<ProcessHandle> processes(String program) {
    List<ProcessHandle> found =
        ProcessHandle.allProcesses()
            .filter(p -> p.info().commandLine().filter(l -> l.contains(program)).isPresent())
            .filter(p -> p.pid() != ProcessHandle.current().pid())
            .toList();
    assertFalse(found.isEmpty(), program);
    return found;
  }

  private interface Task {
    void run() throws Exception;
  }

  private static CompletableFuture<Void> inBackground(Task task) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    new Thread(
            () -> {
              try {
                task.run();
                done.complete(null);
              } catch (Throwable e) {
                done.completeExceptionally(e);
              }
            },
            "save")
        .start();
    return done;
  }

  private static void await(String what, Callable<Boolean> there) throws Exception {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (!there.call()) {
      assertTrue(System.nanoTime() < deadline, "waited in vain for " + what);
      Thread.sleep(100);
    }
  }

  private static void type(String words) throws Exception {
    try (ConsoleLine line = hypervisor.openConsole(guest.id())) {
      byte[] typed = words.getBytes(UTF_8);
      assertEquals(typed.length, line.type(typed, 0, typed.length));
    }
  }

  private static String console() throws Exception {
    return new String(
        hypervisor.readConsole(ConsoleSource.of(guest), 0, 1 << 16).bytes(), US_ASCII);
  }

  private static int round() throws Exception {
    int last = 0;
    Matcher rounds = ROUND.matcher(console());
    while (rounds.find()) {
      last = Integer.parseInt(rounds.group(1));
    }
    return last;
  }

  private static GuestSpec spec() throws Exception {
    Path kernels = Path.of(System.getProperty("hospes.tests.kernel"));
    return spec(
        new GuestBoot.SiteKernel(
            kernels.resolve("vmlinuz"),
            Optional.of(kernels.resolve("initrd")),
            "console=hvc0 quiet loglevel=3 panic=-1 random.trust_cpu=on"),
        new byte[1 << 20]);
  }

  private static GuestSpec spec(GuestBoot boot, byte[] disk) throws Exception {
    UUID id = UUID.randomUUID();
    String digits = id.toString().substring(0, 8);
    Path base = Files.write(folder.resolve("base-" + id), disk);
    return new GuestSpec(
        id,
        GuestSpec.nameOf(id),
        1,
        128L << 20,
        OptionalInt.empty(),
        List.of(
            new GuestDisks(DiskTools.usual(), Optional.empty())
                .overlay(
                    folder.resolve("overlay-" + id),
                    new DiskLayer(base, DiskFormat.RAW),
                    Files.size(base))),
        new GuestInterface(
            BRIDGE,
            "hg" + digits,
            "52:54:00:"
                + String.join(
                    ":", digits.substring(0, 2), digits.substring(2, 4), digits.substring(4, 6))),
        boot,
        folder.resolve("console-" + id),
        new GuestMetadata(id, "/CN=live", Instant.parse("2030-01-01T00:00:00Z"), "service"));
  }
}
