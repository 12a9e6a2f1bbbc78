package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.hospes.node.hypervisor.OpenFile;

/**
 * The QEMU processes of guests, found among the machine's by an argument of their command line and
 * by the network namespace they live in, and the files they hold. Libvirt tells of neither.
 */
final class GuestProcesses {
  private static final int TYPE_MASK = 0170000;
  private static final int REGULAR = 0100000;
  private static final int BLOCK = 0060000;
  private static final Pattern FLAGS = Pattern.compile("^flags:\\s+([0-7]+)$", Pattern.MULTILINE);

  private final Path proc;
  private final Path networkNamespace;

  /**
   * @param proc where the kernel shows processes
   * @param networkNamespace a path of the namespace that guests' processes live in
   */
  GuestProcesses(Path proc, Path networkNamespace) {
    this.proc = proc;
    this.networkNamespace = networkNamespace;
  }

  /**
   * Process ids of the QEMUs that were started with this option and value side by side. A process
   * that ends meanwhile is left out.
   */
  List<Long> find(String option, String value) throws HypervisorException {
    Object ours =
        namespace(networkNamespace)
            .orElseThrow(
                () -> unknowable("network namespace " + networkNamespace + " is not there", null));
    List<Long> found = new ArrayList<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[0-9]*")) {
      for (Path process : processes) {
        if (isQemu(process)
            && has(arguments(process), option, value)
            && namespace(process.resolve("ns/net")).equals(Optional.of(ours))) {
          found.add(Long.parseLong(process.getFileName().toString()));
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      throw unknowable("cannot look through " + proc, e);
    }
    return found;
  }

  private static boolean isQemu(Path process) {
    try {
      Path file = Files.readSymbolicLink(process.resolve("exe")).getFileName();
      // Debian's for Xen is called xen-qemu-system-i386.
      return file != null && file.toString().contains("qemu-system-");
    } catch (IOException e) {
      return false;
    }
  }

  private static List<String> arguments(Path process) {
    try {
      byte[] line = Files.readAllBytes(process.resolve("cmdline"));
      return List.of(new String(line, UTF_8).split("\0"));
    } catch (IOException e) {
      return List.of();
    }
  }

  private static boolean has(List<String> arguments, String option, String value) {
    for (int i = 0; i + 1 < arguments.size(); i++) {
      if (arguments.get(i).equals(option) && arguments.get(i + 1).equals(value)) {
        return true;
      }
    }
    return false;
  }

  private static Optional<Object> namespace(Path path) {
    try {
      Map<String, Object> facts = Files.readAttributes(path, "unix:dev,ino");
      return Optional.of(List.of(facts.get("dev"), facts.get("ino")));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * The disks that a process holds: regular files and block devices, without its pid file and
   * without memory that merely looks like a file.
   *
   * @param name the domain's
   * @param known paths of files that are no guest's disks. One that has a second name is told all
   *     the same, since that could be a disk's.
   * @throws HypervisorException when anything about them could not be read
   */
  List<OpenFile> heldBy(long pid, String name, Predicate<String> known) throws HypervisorException {
    Path process = proc.resolve(Long.toString(pid));
    List<OpenFile> held = new ArrayList<>();
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
      for (Path descriptor : descriptors) {
        openFile(process, descriptor, known)
            .filter(file -> isDisk(file.path(), name))
            .ifPresent(held::add);
      }
    } catch (IOException | DirectoryIteratorException | UncheckedIOException e) {
      throw unknowable("cannot read what process " + pid + " of guest " + name + " holds open", e);
    }
    if (!Files.exists(process.resolve("exe"))) {
      throw unknowable(
          "process " + pid + " of guest " + name + " ended while it was looked at", null);
    }
    held.sort(Comparator.comparing(OpenFile::path).thenComparing(OpenFile::inode));
    return List.copyOf(held.stream().distinct().toList());
  }

  private static boolean isDisk(String path, String name) {
    return !path.startsWith("/memfd:")
        // Libvirt keeps it open in QEMU, locked.
        && !path.matches("(/var)?/run/libvirt/(qemu|xen|libxl)/" + Pattern.quote(name) + "\\.pid");
  }

  private static Optional<OpenFile> openFile(Path process, Path descriptor, Predicate<String> known)
      throws IOException {
    try {
      Map<String, Object> facts = Files.readAttributes(descriptor, "unix:dev,ino,rdev,mode,nlink");
      int type = ((Number) facts.get("mode")).intValue() & TYPE_MASK;
      if (type != REGULAR && type != BLOCK) {
        return Optional.empty();
      }
      String path = Files.readSymbolicLink(descriptor).toString();
      boolean onlyName = ((Number) facts.get("nlink")).intValue() == 1;
      if (type == REGULAR && onlyName && known.test(path)) {
        return Optional.empty();
      }
      Path info = process.resolve("fdinfo").resolve(descriptor.getFileName().toString());
      Matcher flags = FLAGS.matcher(Files.readString(info));
      if (!flags.find()) {
        throw new IOException("no flags in " + info);
      }
      boolean writable = (Integer.parseInt(flags.group(1), 8) & 3) != 0;
      boolean device = type == BLOCK;
      return Optional.of(
          new OpenFile(
              ((Number) facts.get(device ? "rdev" : "dev")).longValue(),
              device ? OpenFile.OF_DEVICE : ((Number) facts.get("ino")).longValue(),
              path,
              writable));
    } catch (NoSuchFileException e) {
      // Closed since it was listed, so not held; the caller sees when the process itself ended.
      return Optional.empty();
    }
  }

  /** Ends a process at once and waits until it is gone. */
  void end(long pid) throws HypervisorException {
    Optional<ProcessHandle> handle = ProcessHandle.of(pid);
    if (handle.isEmpty()) {
      return;
    }
    handle.get().destroyForcibly();
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    // Not onExit(): it would wait for a zombie that nobody reaps, and that holds nothing any more.
    while (Files.exists(proc.resolve(pid + "/exe"))) {
      if (System.nanoTime() > deadline) {
        throw new HypervisorException(Kind.FAILED, "process " + pid + " does not end");
      }
      try {
        Thread.sleep(10);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new HypervisorException(Kind.FAILED, "interrupted while process " + pid + " ends");
      }
    }
  }

  private static HypervisorException unknowable(String message, Throwable cause) {
    return new HypervisorException(Kind.UNKNOWABLE, message, Map.of(), cause);
  }
}
