package org.hospes.node.hypervisor;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.hospes.image.DiskFormat;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.junit.jupiter.api.Test;

/** What every hypervisor must do, whatever it is made of. */
public interface HypervisorContract extends SavedMemoryContract, LimitsContract {
  /** An owner whose name needs quoting in every way that XML knows. */
  String OWNER = "/DC=org/DC=hospes/CN=Zoë \"Z\" O'Hara <z> & Söhne ]]>";

  @Override
  Hypervisor hypervisor();

  /** A folder for disks that the guests' user can enter; the same path inside and outside. */
  @Override
  Path folder();

  /** The bridge that guests are plugged into. */
  String bridge();

  /** Makes an overlay over the base, as the real hypervisor needs it. */
  GuestDisk overlay(Path file, Path rawBase) throws Exception;

  /** Whether guests really execute. */
  @Override
  boolean executes();

  /** Whether guests power themselves off when asked; a boot sector knows no ACPI and goes on. */
  default boolean heedsItsPowerButton() {
    return !executes();
  }

  /** A domain that is not Hospes's and runs; the test driver brings one along. */
  ForeignDomain stranger() throws Exception;

  /** Ends what {@link #stranger()} started, if anything. */
  default void strangerLeaves(ForeignDomain stranger) throws Exception {}

  // --- the guests of the tests

  /** A guest that prints its greeting and stays up. */
  @Override
  default GuestSpec guest() throws Exception {
    return guest(TinyDisk.Then.HALT);
  }

  /** A guest with a base (0444), an overlay and a second, read-only disk. */
  default GuestSpec guest(TinyDisk.Then then) throws Exception {
    UUID id = UUID.randomUUID();
    Path base = folder().resolve("base-" + id);
    Files.write(base, TinyDisk.bytes(then));
    Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("r--r--r--"));
    Path seed = folder().resolve("seed-" + id);
    Files.write(seed, new byte[TinyDisk.BYTES]);
    Files.setPosixFilePermissions(seed, PosixFilePermissions.fromString("r--r--r--"));
    Path overlay = folder().resolve("overlay-" + id);
    return spec(
        id,
        GuestSpec.nameOf(id),
        List.of(overlay(overlay, base), GuestDisk.readOnly(seed)),
        new GuestBoot.OwnLoader());
  }

  /** A specification of one processor and 32 MiB. */
  default GuestSpec spec(UUID id, String name, List<GuestDisk> disks, GuestBoot boot) {
    String digits = id.toString().substring(0, 8);
    return new GuestSpec(
        id,
        name,
        1,
        32L << 20,
        OptionalInt.of(512),
        disks,
        new GuestInterface(bridge(), "hg" + digits, "52:54:00:" + macTail(digits)),
        boot,
        folder().resolve("console-" + id),
        new GuestMetadata(id, OWNER, Instant.parse("2030-01-01T00:00:00Z"), "service <1>"));
  }

  private static String macTail(String digits) {
    return digits.substring(0, 2) + ":" + digits.substring(2, 4) + ":" + digits.substring(4, 6);
  }

  @Test
  default void aDefinitionIsThatOfOneSpecification() throws Exception {
    GuestSpec spec = guest();
    String definition = hypervisor().definition(spec);
    assertTrue(definition.matches("[0-9a-f]{64}"), definition);
    assertEquals(definition, hypervisor().definition(spec));
    assertNotEquals(definition, hypervisor().definition(guest()));
  }

  @Test
  default void aStartedGuestStandsStillWithItsPapersAndItsInterface() throws Exception {
    GuestSpec spec = guest();
    try {
      GuestStatus started = hypervisor().startPaused(spec);

      assertEquals(
          new GuestStatus(
              spec.id(),
              spec.name(),
              GuestState.PAUSED,
              List.of(spec.network().device()),
              spec.metadata()),
          started);
      assertEquals(Optional.of(started), hypervisor().inspect(spec.id()));
      assertTrue(hypervisor().list().contains(started));
    } finally {
      hypervisor().destroy(spec.id());
    }
  }

  @Test
  default void notOneInstructionRunsBeforeItIsResumed() throws Exception {
    GuestSpec spec = guest();
    try {
      hypervisor().startPaused(spec);
      Thread.sleep(700);
      assertEquals("", console(spec));

      hypervisor().resume(spec.id());

      assertEquals(GuestState.RUNNING, hypervisor().inspect(spec.id()).orElseThrow().state());
      if (executes()) {
        awaitConsole(spec, TinyDisk.GREETING.strip());
      }
    } finally {
      hypervisor().destroy(spec.id());
    }
  }

  @Test
  default void startingAndResumingTwiceIsTheSameAsOnce() throws Exception {
    GuestSpec spec = guest();
    try {
      GuestStatus first = hypervisor().startPaused(spec);
      assertEquals(first, hypervisor().startPaused(spec));
      hypervisor().resume(spec.id());
      hypervisor().resume(spec.id());
      assertEquals(GuestState.RUNNING, hypervisor().startPaused(spec).state());
      assertEquals(1, hypervisor().list().stream().filter(g -> g.id().equals(spec.id())).count());
    } finally {
      hypervisor().destroy(spec.id());
    }
  }

  @Test
  default void anotherSpecificationOfTheSameIdIsAConflictAndChangesNothing() throws Exception {
    GuestSpec spec = guest();
    try {
      GuestStatus first = hypervisor().startPaused(spec);
      GuestSpec other = spec(spec.id(), spec.name(), spec.disks().subList(0, 1), spec.boot());
      assertKind(Kind.CONFLICT, () -> hypervisor().startPaused(other));
      assertEquals(Optional.of(first), hypervisor().inspect(spec.id()));
    } finally {
      hypervisor().destroy(spec.id());
    }
  }

  @Test
  default void aNameThatIsTakenIsAConflictAndChangesNothing() throws Exception {
    GuestSpec spec = guest();
    GuestSpec second = guest();
    GuestSpec namesake = spec(second.id(), spec.name(), second.disks(), second.boot());
    try {
      GuestStatus first = hypervisor().startPaused(spec);
      assertKind(Kind.CONFLICT, () -> hypervisor().startPaused(namesake));
      assertEquals(Optional.of(first), hypervisor().inspect(spec.id()));
      assertEquals(Optional.empty(), hypervisor().inspect(namesake.id()));
    } finally {
      hypervisor().destroy(spec.id());
      hypervisor().destroy(namesake.id());
    }
  }

  @Test
  default void itHoldsExactlyTheFilesOfItsDisks() throws Exception {
    GuestSpec spec = guest();
    try {
      List<String> expected = held(spec);
      hypervisor().startPaused(spec);
      List<OpenFile> found = hypervisor().openFiles(spec.id());
      assertEquals(
          hypervisor().capabilities().holdsFiles() ? expected : List.of(),
          found.stream().map(HypervisorContract::described).sorted().toList());
    } finally {
      hypervisor().destroy(spec.id());
    }
  }

  @Test
  default void aFileThatWasExchangedUnderItsNameIsFoundOut() throws Exception {
    GuestSpec spec = guest();
    Path base = spec.disks().get(0).layers().get(1).path();
    Map<String, Object> verified = Files.readAttributes(base, "unix:dev,ino");
    Path other = folder().resolve("other-" + spec.id());
    Files.write(other, TinyDisk.bytes(TinyDisk.Then.HALT));
    Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("r--r--r--"));
    Files.move(other, base, StandardCopyOption.REPLACE_EXISTING);
    try {
      hypervisor().startPaused(spec);
      if (hypervisor().capabilities().holdsFiles()) {
        long device = ((Number) verified.get("dev")).longValue();
        long inode = ((Number) verified.get("ino")).longValue();
        assertTrue(hypervisor().openFiles(spec.id()).stream().noneMatch(f -> f.is(device, inode)));
      }
    } finally {
      hypervisor().destroy(spec.id());
    }
  }

  @Test
  default void aSuspendedGuestStandsStillUntilItIsResumed() throws Exception {
    GuestSpec spec = guest();
    try {
      hypervisor().startPaused(spec);
      hypervisor().suspend(spec.id());
      hypervisor().resume(spec.id());
      assertTrue(hypervisor().capabilities().abilities().contains(Ability.PAUSE));
      hypervisor().suspend(spec.id());
      hypervisor().suspend(spec.id());
      assertEquals(GuestState.PAUSED, hypervisor().inspect(spec.id()).orElseThrow().state());
      hypervisor().resume(spec.id());
      assertEquals(GuestState.RUNNING, hypervisor().inspect(spec.id()).orElseThrow().state());
    } finally {
      hypervisor().destroy(spec.id());
    }
    assertKind(Kind.NOT_FOUND, () -> hypervisor().suspend(spec.id()));
  }

  @Test
  default void aGuestIsAskedToPowerItselfOffAndDecidesByItself() throws Exception {
    GuestSpec spec = guest();
    try {
      hypervisor().startPaused(spec);
      hypervisor().resume(spec.id());
      assertTrue(hypervisor().capabilities().abilities().contains(Ability.STOP));
      hypervisor().shutDown(spec.id());
      assertEquals(
          heedsItsPowerButton() ? Optional.empty() : Optional.of(GuestState.RUNNING),
          hypervisor().inspect(spec.id()).map(GuestStatus::state));
    } finally {
      hypervisor().destroy(spec.id());
    }
    assertKind(Kind.NOT_FOUND, () -> hypervisor().shutDown(spec.id()));
  }

  @Test
  default void aDestroyedGuestIsGoneAndDestroyingItAgainIsNothing() throws Exception {
    GuestSpec spec = guest();
    hypervisor().startPaused(spec);
    hypervisor().resume(spec.id());
    hypervisor().destroy(spec.id());
    assertEquals(Optional.empty(), hypervisor().inspect(spec.id()));
    assertTrue(hypervisor().list().stream().noneMatch(g -> g.id().equals(spec.id())));
    hypervisor().destroy(spec.id());
    assertKind(Kind.NOT_FOUND, () -> hypervisor().openFiles(spec.id()));
    assertKind(Kind.NOT_FOUND, () -> hypervisor().resume(spec.id()));
  }

  @Test
  default void everyFileKeepsItsOwnerModeAndInode() throws Exception {
    GuestSpec spec = guest();
    List<String> before = identities(spec);
    hypervisor().startPaused(spec);
    assertEquals(before, identities(spec));
    hypervisor().resume(spec.id());
    hypervisor().destroy(spec.id());
    assertEquals(before, identities(spec));
  }

  @Test
  default void aStrangersDomainIsSeenAndNeverTouched() throws Exception {
    ForeignDomain stranger = stranger();
    try {
      UUID id = UUID.fromString(stranger.uuid());
      assertTrue(hypervisor().foreign().contains(stranger));
      assertTrue(hypervisor().list().stream().noneMatch(g -> g.id().equals(id)));
      assertEquals(Optional.empty(), hypervisor().inspect(id));
      assertKind(Kind.CONFLICT, () -> hypervisor().destroy(id));
      assertKind(Kind.NOT_FOUND, () -> hypervisor().resume(id));
      assertKind(Kind.NOT_FOUND, () -> hypervisor().shutDown(id));
      assertKind(Kind.NOT_FOUND, () -> hypervisor().suspend(id));
      assertKind(Kind.NOT_FOUND, () -> hypervisor().openFiles(id));
      GuestSpec usurper = spec(id, "usurper", guest().disks(), new GuestBoot.OwnLoader());
      assertKind(Kind.CONFLICT, () -> hypervisor().startPaused(usurper));
      assertTrue(hypervisor().foreign().contains(stranger));
    } finally {
      strangerLeaves(stranger);
    }
  }

  @Test
  default void theConsoleIsReadByPosition() throws Exception {
    GuestSpec spec = guest();
    try {
      hypervisor().startPaused(spec);
      hypervisor().resume(spec.id());
      if (executes()) {
        awaitConsole(spec, TinyDisk.GREETING.strip());
        ConsoleSource source = ConsoleSource.of(spec);
        ConsoleOutput all = hypervisor().readConsole(source, 0, 1000);
        ConsoleOutput part = hypervisor().readConsole(source, 3, 5);
        assertEquals(3, part.offset());
        assertEquals(new String(all.bytes(), US_ASCII).substring(3, 8), text(part));
        assertEquals("", text(hypervisor().readConsole(source, all.nextOffset(), 1000)));
        hypervisor().destroy(spec.id());
        assertEquals(text(all), text(hypervisor().readConsole(source, 0, 1000)));
      }
    } finally {
      hypervisor().destroy(spec.id());
    }
  }

  // --- what the tests say it with

  @Override
  default String console(GuestSpec spec) throws HypervisorException {
    return text(hypervisor().readConsole(ConsoleSource.of(spec), 0, 1 << 16));
  }

  private static String text(ConsoleOutput output) {
    return new String(output.bytes(), US_ASCII);
  }

  @Override
  default void awaitConsole(GuestSpec spec, String text) throws Exception {
    long deadline = System.nanoTime() + Duration.ofMinutes(4).toNanos();
    while (!console(spec).contains(text)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("no \"" + text + "\" on the console: " + console(spec));
      }
      Thread.sleep(50);
    }
  }

  /** Fails unless the call is refused in this way. */
  static HypervisorException assertKind(Kind kind, org.junit.jupiter.api.function.Executable call) {
    HypervisorException e = assertThrows(HypervisorException.class, call);
    assertEquals(kind, e.kind(), e.getMessage());
    return e;
  }

  static List<String> held(GuestSpec spec) throws IOException {
    List<String> files = new ArrayList<>();
    for (GuestDisk disk : spec.disks()) {
      for (DiskLayer layer : disk.layers()) {
        Map<String, Object> facts = Files.readAttributes(layer.path(), "unix:dev,ino");
        boolean writable = layer.format() == DiskFormat.QCOW2 && !disk.readOnly();
        files.add(
            described(
                new OpenFile(
                    ((Number) facts.get("dev")).longValue(),
                    ((Number) facts.get("ino")).longValue(),
                    layer.path().toString(),
                    writable)));
      }
    }
    return files.stream().sorted().toList();
  }

  static String described(OpenFile file) {
    return file.toString();
  }

  private static List<String> identities(GuestSpec spec) throws IOException {
    List<String> identities = new ArrayList<>();
    for (GuestDisk disk : spec.disks()) {
      for (DiskLayer layer : disk.layers()) {
        identities.add(
            layer.path() + " " + Files.readAttributes(layer.path(), "unix:uid,gid,mode,ino"));
      }
    }
    return identities;
  }
}
