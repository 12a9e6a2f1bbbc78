package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.hospes.node.hypervisor.HypervisorContract.assertKind;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.hospes.image.DiskFormat;
import org.hospes.node.disk.DiskTools;
import org.hospes.node.disk.GuestDisks;
import org.hospes.node.hypervisor.ConsoleOutput;
import org.hospes.node.hypervisor.ConsoleSource;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.hypervisor.ForeignDomain;
import org.hospes.node.hypervisor.GuestDisk;
import org.hospes.node.hypervisor.GuestEnd;
import org.hospes.node.hypervisor.GuestSpec;
import org.hospes.node.hypervisor.GuestState;
import org.hospes.node.hypervisor.GuestStatus;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.hospes.node.hypervisor.TinyDisk;
import org.hospes.node.libvirt.LibvirtSettings.Emulation;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Real guests on real QEMU, run as libvirt's unprivileged user on a node in namespaces. */
@Tag("lab")
final class LibvirtQemuLabTest implements ConsoleUnderLoad {
  private static LabNode node;
  private static LibvirtHypervisor hypervisor;
  private static Path folder;

  @BeforeAll
  static void raise() throws Exception {
    node = LabNode.raise("hvqemu");
    hypervisor = LibvirtHypervisor.open(node.settings(), Clock.systemUTC());
    folder = node.folder();
  }

  @AfterAll
  static void takeDown() throws Exception {
    try {
      if (hypervisor != null) {
        hypervisor.close();
      }
    } finally {
      if (node != null) {
        node.close();
      }
    }
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    assertEquals(List.of(), hypervisor.list());
    assertFalse(node.inside("ip", "-o", "link").contains(" hg"), "a guest's interface is left");
  }

  @Override
  public Hypervisor hypervisor() {
    return hypervisor;
  }

  @Override
  public Path folder() {
    return folder;
  }

  @Override
  public String bridge() {
    return LabNode.BRIDGE;
  }

  @Override
  public GuestDisk overlay(Path file, Path rawBase) throws Exception {
    return new GuestDisks(DiskTools.usual(), hypervisor.capabilities().guestOwner())
        .overlay(file, new DiskLayer(rawBase, DiskFormat.RAW), Files.size(rawBase));
  }

  @Override
  public boolean executes() {
    return true;
  }

  @Override
  public ForeignDomain stranger() throws Exception {
    UUID id = UUID.randomUUID();
    Markup domain = Markup.document("domain").with("type", "qemu");
    domain.add("name").text("stranger");
    domain.add("uuid").text(id);
    domain.add("memory").with("unit", "MiB").text(16);
    domain.add("os").add("type").with("arch", "x86_64").text("hvm");
    Path xml = folder.resolve("stranger.xml");
    Files.writeString(xml, domain.toXml());
    node.inside("virsh", "-q", "create", xml.toString());
    return new ForeignDomain(id.toString(), "stranger");
  }

  @Override
  public void strangerLeaves(ForeignDomain stranger) throws Exception {
    node.inside("virsh", "-q", "destroy", stranger.uuid());
  }

  @Test
  void itIsToldHowAGuestEndsByItself() throws Exception {
    assertEquals(GuestEnd.REBOOTED, endOf(TinyDisk.Then.REBOOT));
    assertEquals(GuestEnd.CRASHED, endOf(TinyDisk.Then.PANIC));
    // A connection that was lost is found again, after a moment in which nobody listens.
    node.libvirtd("stop");
    node.libvirtd("start");
    GuestEnd later = GuestEnd.UNSEEN;
    for (int i = 0; i < 5 && later == GuestEnd.UNSEEN; i++) {
      later = endOf(TinyDisk.Then.PANIC);
    }
    assertEquals(GuestEnd.CRASHED, later);
  }

  private GuestEnd endOf(TinyDisk.Then then) throws Exception {
    GuestSpec spec = guest(then);
    try {
      hypervisor.startPaused(spec);
      assertEquals(GuestEnd.UNSEEN, hypervisor.howItEnded(spec.id()));
      hypervisor.resume(spec.id());
      awaitGone(spec.id());
      return hypervisor.howItEnded(spec.id());
    } finally {
      hypervisor.destroy(spec.id());
    }
  }

  @Test
  void aGuestRunsAsTheUnprivilegedUserOnly() throws Exception {
    GuestSpec spec = guest();
    try {
      hypervisor.startPaused(spec);
      long pid = process(spec);
      String expected =
          Integer.toString(hypervisor.capabilities().guestOwner().orElseThrow().uid());
      String status = Files.readString(Path.of("/proc", Long.toString(pid), "status"));
      assertTrue(
          status.contains(
              "\nUid:\t" + String.join("\t", List.of(expected, expected, expected, expected))),
          status);
    } finally {
      hypervisor.destroy(spec.id());
    }
  }

  /** Libvirtd goes on without whoever told it to: virsh, which is killed here, or an agent. */
  @Test
  void aSaveWhoseCallerIsGoneIsSeenAndLeftAlone() throws Exception {
    GuestSpec spec = guest();
    Path memory = folder.resolve("memory-" + spec.id());
    Optional<ProcessHandle> writer = Optional.empty();
    try {
      hypervisor.startPaused(spec);
      hypervisor.resume(spec.id());
      awaitConsole(spec, TinyDisk.GREETING.strip());
      assertFalse(hypervisor.saving(spec.id()));
      Process caller =
          new ProcessBuilder("virsh", "-q", "-c", node.uri(), "save", spec.name(), memory + "")
              .redirectErrorStream(true)
              .start();
      writer = held(memory, caller);
      caller.destroyForcibly().waitFor();
      final Object file = Files.getAttribute(memory, "unix:ino");
      assertTrue(hypervisor.saving(spec.id()));
      assertKind(Kind.UNREACHABLE, () -> hypervisor.save(spec.id(), memory, () -> false));
      signal(writer.get(), "CONT");
      for (int i = 0; hypervisor.saving(spec.id()); i++) {
        assertTrue(i < 600, "it is saved for ever");
        Thread.sleep(100);
      }
      assertEquals(Optional.empty(), hypervisor.inspect(spec.id()));
      assertTrue(hypervisor.saved(spec.id(), memory));
      assertEquals(file, Files.getAttribute(memory, "unix:ino"));
    } finally {
      if (writer.isPresent()) {
        signal(writer.get(), "CONT");
      }
      hypervisor.destroy(spec.id());
    }
  }

  /** The process by which libvirtd writes that file, held in the middle of it. */
  private static Optional<ProcessHandle> held(Path memory, Process caller) throws Exception {
    while (true) {
      Optional<ProcessHandle> found =
          ProcessHandle.allProcesses()
              .filter(
                  p ->
                      p.info().arguments().stream()
                          .flatMap(Stream::of)
                          .anyMatch((memory + "")::equals))
              .filter(p -> p.info().command().orElse("").endsWith("libvirt_iohelper"))
              .findFirst();
      if (found.isPresent()) {
        signal(found.get(), "STOP");
        return found;
      }
      assertTrue(caller.isAlive(), "it was saved before anybody saw by whom");
    }
  }

  private static void signal(ProcessHandle process, String what) throws Exception {
    int unused = new ProcessBuilder("kill", "-" + what, process.pid() + "").start().waitFor();
  }

  @Test
  void withoutControlGroupsTheNodeSaysThatItKeepsNoWeights() throws Exception {
    GuestSpec spec = guest();
    try {
      hypervisor.startPaused(spec);
      assertFalse(hypervisor.capabilities().cpuShares());
    } finally {
      hypervisor.destroy(spec.id());
    }
  }

  @Test
  void whateverIsChosenByItselfBootsGuests() throws Exception {
    LibvirtSettings fixed = node.settings();
    LibvirtSettings byItself =
        new LibvirtSettings(
            fixed.driver(),
            fixed.uri(),
            Emulation.AUTO,
            node.stockKernel(),
            fixed.xen(),
            fixed.networkNamespace());
    GuestSpec spec = guest();
    try (LibvirtHypervisor chosen = LibvirtHypervisor.open(byItself, Clock.systemUTC())) {
      chosen.startPaused(spec);
      chosen.resume(spec.id());
      awaitConsole(spec, TinyDisk.GREETING.strip());
    } finally {
      hypervisor.destroy(spec.id());
    }
  }

  @Test
  void tenGuestsAtOnceAreTenGuests() throws Exception {
    List<GuestSpec> specs = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      specs.add(guest());
    }
    ExecutorService threads = Executors.newFixedThreadPool(10);
    try {
      List<Future<GuestStatus>> started = new ArrayList<>();
      for (GuestSpec spec : specs) {
        // Each is asked for twice, as a caller does that lost its first answer.
        started.add(threads.submit(() -> hypervisor.startPaused(spec)));
        started.add(threads.submit(() -> hypervisor.startPaused(spec)));
      }
      for (Future<GuestStatus> one : started) {
        assertEquals(GuestState.PAUSED, one.get().state());
      }
      assertEquals(10, hypervisor.list().size());
      for (GuestSpec spec : specs) {
        assertEquals(1, processes(spec).size());
        assertEquals(3, hypervisor.openFiles(spec.id()).size());
      }
    } finally {
      threads.shutdown();
      for (GuestSpec spec : specs) {
        hypervisor.destroy(spec.id());
      }
    }
  }

  @Test
  void aGuestThatRebootsIsGone() throws Exception {
    GuestSpec spec = guest(TinyDisk.Then.REBOOT);
    try {
      hypervisor.startPaused(spec);
      hypervisor.resume(spec.id());
      awaitGone(spec.id());
      assertEquals(1, console(spec).split(TinyDisk.GREETING.strip(), -1).length - 1);
    } finally {
      hypervisor.destroy(spec.id());
    }
  }

  @Test
  void aDiskThatTheUserMayNotReadIsRefusedAndLeavesNothing() throws Exception {
    GuestSpec spec = guest();
    Path base = spec.disks().get(0).layers().get(1).path();
    Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("r--------"));
    HypervisorException e = assertKind(Kind.FAILED, () -> hypervisor.startPaused(spec));
    assertTrue(e.getMessage().contains("Permission denied"), e.getMessage());
    assertEquals(Optional.empty(), hypervisor.inspect(spec.id()));
    assertEquals(List.of(), processes(spec));
  }

  @Test
  void aRawBaseThatLooksLikeQcow2IsNotFollowed() throws Exception {
    GuestSpec spec = guest();
    Path base = spec.disks().get(0).layers().get(1).path();
    // The base's bytes are a qcow2 header that names a file of the host as its backing file.
    Path secret = folder.resolve("secret-" + spec.id());
    Files.write(secret, new byte[TinyDisk.BYTES]);
    Path trap = folder.resolve("trap-" + spec.id());
    overlay(trap, secret);
    Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rw-r--r--"));
    Files.write(base, Files.readAllBytes(trap));
    try {
      hypervisor.startPaused(spec);
      assertTrue(
          hypervisor.openFiles(spec.id()).stream()
              .noneMatch(file -> file.path().equals(secret.toString())));
    } finally {
      hypervisor.destroy(spec.id());
    }
  }

  @Test
  void theConsoleIsBoundedAndItsPositionsHoldWhenItIsTurnedOver() throws Exception {
    GuestSpec spec = guest(TinyDisk.Then.REPEAT);
    try {
      hypervisor.startPaused(spec);
      hypervisor.resume(spec.id());
      // The guest says the same 17 bytes for ever, so every byte's position can be checked.
      byte[] greeting = TinyDisk.GREETING.getBytes(US_ASCII);
      Path old = spec.consoleLog().resolveSibling(spec.consoleLog().getFileName() + ".0");
      long deadline = System.nanoTime() + Duration.ofSeconds(120).toNanos();
      long position = 0;
      long afterTurn = -1;
      while (afterTurn < 0 || position < afterTurn + 200_000) {
        assertTrue(System.nanoTime() < deadline, "the console was not turned over in time");
        ConsoleOutput output = hypervisor.readConsole(ConsoleSource.of(spec), position, 1 << 20);
        assertEquals(position, output.offset());
        for (int i = 0; i < output.bytes().length; i++) {
          if (output.bytes()[i] != greeting[(int) ((position + i) % greeting.length)]) {
            throw new AssertionError("position " + (position + i) + " holds another byte");
          }
        }
        position = output.nextOffset();
        if (afterTurn < 0 && Files.exists(old)) {
          afterTurn = position;
        }
        Thread.sleep(200);
      }
    } finally {
      hypervisor.destroy(spec.id());
    }
  }

  @Test
  void aRestartOfLibvirtdLeavesGuestsRunningAndTheNextCallFindsThem() throws Exception {
    GuestSpec spec = guest();
    try {
      hypervisor.startPaused(spec);
      hypervisor.resume(spec.id());
      node.libvirtd("kill");
      assertKind(Kind.UNREACHABLE, () -> hypervisor.inspect(spec.id()));
      node.libvirtd("start");
      GuestStatus status = hypervisor.inspect(spec.id()).orElseThrow();
      assertEquals(GuestState.RUNNING, status.state());
      assertEquals(spec.metadata(), status.metadata());
    } finally {
      hypervisor.destroy(spec.id());
    }
  }

  @Test
  void libvirtdKilledInTheMiddleOfACreateLeavesOneGuestOrNone() throws Exception {
    for (int delay : new int[] {20, 60, 120, 200, 300}) {
      GuestSpec spec = guest();
      AtomicReference<HypervisorException> failure = new AtomicReference<>();
      Thread create =
          new Thread(
              () -> {
                try {
                  hypervisor.startPaused(spec);
                } catch (HypervisorException e) {
                  failure.set(e);
                }
              });
      create.start();
      Thread.sleep(delay);
      node.libvirtd("kill");
      create.join();
      node.libvirtd("start");
      try {
        GuestStatus status = hypervisor.startPaused(spec);
        assertEquals(GuestState.PAUSED, status.state(), "killed after " + delay + " ms");
        assertEquals(1, processes(spec).size(), "killed after " + delay + " ms");
        assertEquals(3, hypervisor.openFiles(spec.id()).size());
        hypervisor.resume(spec.id());
        awaitConsole(spec, TinyDisk.GREETING.strip());
      } finally {
        hypervisor.destroy(spec.id());
        assertEquals(List.of(), processes(spec));
      }
    }
  }

  @Test
  void aProcessThatLibvirtForgotIsEnded() throws Exception {
    GuestSpec spec = guest();
    hypervisor.startPaused(spec);
    node.libvirtd("kill");
    // Without its status file libvirtd knows nothing of the guest when it comes back.
    node.inside("rm", "-f", "/run/libvirt/qemu/" + spec.name() + ".xml");
    node.libvirtd("start");
    assertEquals(Optional.empty(), hypervisor.inspect(spec.id()));
    assertEquals(1, processes(spec).size());
    hypervisor.destroy(spec.id());
    assertEquals(List.of(), processes(spec));
  }

  private static List<Long> processes(GuestSpec spec) throws HypervisorException {
    return new GuestProcesses(Path.of("/proc"), node.namespace())
        .find("-uuid", spec.id().toString());
  }

  private static long process(GuestSpec spec) throws HypervisorException {
    return processes(spec).get(0);
  }

  private static void awaitGone(UUID id) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (hypervisor.inspect(id).isPresent()) {
      if (System.nanoTime() > deadline) {
        throw new IOException("guest " + id + " is still there");
      }
      Thread.sleep(50);
    }
  }
}
