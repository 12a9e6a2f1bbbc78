package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.hospes.node.hypervisor.GuestOwner;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out whether guests really boot with KVM. A machine may offer {@code /dev/kvm}, boot a boot
 * sector with it, and still hang in every stock kernel; so a stock kernel is what is tried: it is
 * up when it panics for want of a root file system, which takes it a second or two.
 */
final class KvmProbe {
  private static final Logger log = LoggerFactory.getLogger(KvmProbe.class);
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final String UP = "Unable to mount root fs";
  private static final Path SYSTEM_KERNELS = Path.of("/boot");

  private KvmProbe() {}

  /**
   * Whether the kernel comes up with KVM within ten seconds. Without a kernel to try the answer is
   * no, since a guest that is slow is better than one that hangs.
   *
   * @param given a kernel to try; empty: one of this machine's own
   * @param owner the user that QEMU runs as
   */
  static boolean boots(Path emulator, Optional<Path> given, GuestOwner owner) {
    Optional<Path> kernel = given.or(KvmProbe::systemKernel);
    if (kernel.isEmpty()) {
      log.warn("KVM is offered but there is no kernel to try it with; guests are emulated");
      return false;
    }
    try {
      boolean up = tryKernel(emulator, kernel.get(), owner);
      log.info(
          "kvm={} after booting {} with it", up ? "works" : "does not boot guests", kernel.get());
      return up;
    } catch (IOException e) {
      log.warn("KVM could not be tried, guests are emulated: {}", e.getMessage());
      return false;
    }
  }

  private static Optional<Path> systemKernel() {
    if (!Files.isDirectory(SYSTEM_KERNELS)) {
      return Optional.empty();
    }
    try (Stream<Path> files = Files.list(SYSTEM_KERNELS)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("vmlinuz-"))
          .max(Path::compareTo);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static boolean tryKernel(Path emulator, Path kernel, GuestOwner owner)
      throws IOException {
    List<String> command =
        List.of(
            emulator.toString(),
            "-accel",
            "kvm",
            "-nodefaults",
            "-no-user-config",
            "-display",
            "none",
            "-machine",
            "pc",
            "-m",
            "256",
            "-no-reboot",
            "-kernel",
            kernel.toString(),
            "-append",
            "console=ttyS0 panic=-1",
            "-serial",
            "stdio",
            "-runas",
            owner.uid() + ":" + owner.gid());
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectInput(nothing()).start();
    Thread limit = new Thread(() -> endAfterLimit(process), "kvm-probe-limit");
    limit.setDaemon(true);
    limit.start();
    try (InputStream output = process.getInputStream()) {
      return new String(output.readAllBytes(), ISO_8859_1).contains(UP);
    } finally {
      process.destroyForcibly();
      limit.interrupt();
    }
  }

  private static ProcessBuilder.Redirect nothing() {
    return ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile());
  }

  private static void endAfterLimit(Process process) {
    try {
      if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      // The probe is over and has ended the process itself.
      Thread.currentThread().interrupt();
    }
  }
}
