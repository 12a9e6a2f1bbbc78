package org.hospes.node.libvirt;

import static org.hospes.node.hypervisor.HypervisorContract.assertKind;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.hospes.node.hypervisor.OpenFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a folder laid out as the kernel lays out /proc. */
final class GuestProcessesTest {
  private static final String ID = UUID.randomUUID().toString();
  private static final String READ = "pos:\t0\nflags:\t02100000\n";
  private static final String WRITE = "pos:\t0\nflags:\t02100002\n";

  @TempDir Path folder;

  private Path proc;
  private Path namespace;
  private GuestProcesses processes;

  @BeforeEach
  void layOut() throws IOException {
    proc = Files.createDirectory(folder.resolve("proc"));
    namespace = Files.createFile(folder.resolve("net-1"));
    processes = new GuestProcesses(proc, namespace);
  }

  private Path process(int pid, String exe, Path net, String... arguments) throws IOException {
    Path process = Files.createDirectories(proc.resolve(Integer.toString(pid)));
    Path program = folder.resolve(exe);
    if (Files.notExists(program)) {
      Files.createFile(program);
    }
    Files.createSymbolicLink(process.resolve("exe"), program);
    Files.createDirectory(process.resolve("ns"));
    Files.createSymbolicLink(process.resolve("ns/net"), net);
    Files.writeString(process.resolve("cmdline"), String.join("\0", arguments) + "\0");
    Files.createDirectory(process.resolve("fd"));
    Files.createDirectory(process.resolve("fdinfo"));
    return process;
  }

  private Path qemu(int pid) throws IOException {
    return process(pid, "qemu-system-x86_64", namespace, "qemu", "-S", "-uuid", ID, "-m", "32");
  }

  private static void holds(Path process, int number, Path file, String info) throws IOException {
    Files.createSymbolicLink(process.resolve("fd/" + number), file);
    Files.writeString(process.resolve("fdinfo/" + number), info);
  }

  @Test
  void aProcessIsFoundByTheExactArgumentOnly() throws Exception {
    qemu(10);
    process(11, "qemu-system-x86_64", namespace, "qemu", "-name", ID);
    process(12, "qemu-system-x86_64", namespace, "qemu", "-uuid", ID + "0");
    process(13, "less", namespace, "less", "-uuid", ID);
    Files.createDirectory(proc.resolve("14"));
    assertEquals(List.of(10L), processes.find("-uuid", ID));
  }

  @Test
  void aProcessOfAnotherNodeOfThisMachineIsNotOurs() throws Exception {
    Path other = Files.createFile(folder.resolve("net-2"));
    process(10, "qemu-system-x86_64", other, "qemu", "-uuid", ID);
    assertEquals(List.of(), processes.find("-uuid", ID));
  }

  @Test
  void withoutItsNamespaceNothingCanBeTold() throws Exception {
    qemu(10);
    Files.delete(namespace);
    assertKind(Kind.UNKNOWABLE, () -> processes.find("-uuid", ID));
  }

  @Test
  void filesAreToldWithHowTheyAreHeld() throws Exception {
    Path process = qemu(10);
    Path base = Files.createFile(folder.resolve("base"));
    Path overlay = Files.createFile(folder.resolve("overlay"));
    holds(process, 3, base, READ);
    holds(process, 4, overlay, WRITE);
    holds(process, 5, overlay, WRITE);
    holds(process, 6, folder, READ);
    List<OpenFile> held = processes.heldBy(10, "g", path -> false);
    assertEquals(
        List.of(base + " false", overlay + " true"),
        held.stream().map(file -> file.path() + " " + file.writable()).toList());
    long device = ((Number) Files.getAttribute(base, "unix:dev")).longValue();
    long inode = ((Number) Files.getAttribute(base, "unix:ino")).longValue();
    assertTrue(held.get(0).is(device, inode));
  }

  @Test
  void aKnownFileIsLeftOutUnlessItHasASecondName() throws Exception {
    Path process = qemu(10);
    Path log = Files.createFile(folder.resolve("driver.log"));
    Path other = Files.createFile(folder.resolve("driver.log.1"));
    holds(process, 3, log, WRITE);
    holds(process, 4, other, WRITE);
    Predicate<String> known = log.toString()::equals;
    assertEquals(List.of(other.toString()), paths(processes.heldBy(10, "g", known)));
    Files.createLink(folder.resolve("disk"), log);
    assertEquals(
        List.of(log.toString(), other.toString()), paths(processes.heldBy(10, "g", known)));
  }

  private static List<String> paths(List<OpenFile> files) {
    return files.stream().map(OpenFile::path).toList();
  }

  @Test
  void aDescriptorThatCannotBeReadMakesTheWholeUnknowable() throws Exception {
    Path process = qemu(10);
    holds(process, 3, Files.createFile(folder.resolve("base")), "pos:\t0\n");
    assertKind(Kind.UNKNOWABLE, () -> processes.heldBy(10, "g", path -> false));
  }

  @Test
  void aProcessThatIsGoneIsUnknowableAndNotEmpty() throws Exception {
    Path process = qemu(10);
    Files.delete(process.resolve("exe"));
    assertKind(Kind.UNKNOWABLE, () -> processes.heldBy(10, "g", path -> false));
    assertKind(Kind.UNKNOWABLE, () -> processes.heldBy(99, "g", path -> false));
  }
}
