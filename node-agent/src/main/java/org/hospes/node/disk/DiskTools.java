package org.hospes.node.disk;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The programs that make disks.
 *
 * @param qemuImg makes overlays
 * @param genisoimage makes seeds
 * @param coreutils the folder of {@code cp}, which knows file systems whose files share blocks, and
 *     {@code stat}
 * @param limit after which a program that does not end is ended
 */
public record DiskTools(Path qemuImg, Path genisoimage, Path coreutils, Duration limit) {
  private static final int MOST_OUTPUT = 4096;
  private static final long MOMENT = 50;

  /** As Debian's packages qemu-utils, genisoimage and coreutils install them. */
  public static DiskTools usual() {
    return new DiskTools(
        Path.of("/usr/bin/qemu-img"),
        Path.of("/usr/bin/genisoimage"),
        Path.of("/bin"),
        Duration.ofSeconds(60));
  }

  /** Runs a program to its end; arguments go to it as they are, through no shell. */
  void run(Path program, List<String> arguments) throws DiskException {
    String unused = run(program, arguments, limit, () -> false);
  }

  /**
   * The same, answering with what it printed.
   *
   * @param atMost after which it is ended
   * @param abandoned true once nobody needs it any more: it is ended then, too
   */
  String run(Path program, List<String> arguments, Duration atMost, BooleanSupplier abandoned)
      throws DiskException {
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.addAll(arguments);
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .start();
    } catch (IOException e) {
      throw failed(command, "cannot be run: " + e.getMessage(), e);
    }
    try (InputStream stream = process.getInputStream()) {
      // All print a line or two at most, which a pipe holds: waiting before reading cannot block.
      long end = System.nanoTime() + atMost.toNanos();
      while (!process.waitFor(MOMENT, TimeUnit.MILLISECONDS)) {
        if (System.nanoTime() > end) {
          throw failed(command, "did not end within " + atMost.toSeconds() + " s", null);
        }
        if (abandoned.getAsBoolean()) {
          throw new DiskException(
              DiskException.ABANDONED,
              command.get(0) + ": nobody needs it any more",
              Map.of(),
              null);
        }
      }
      String output = new String(stream.readNBytes(MOST_OUTPUT), UTF_8).strip();
      if (process.exitValue() != 0) {
        throw failed(command, "exit status " + process.exitValue() + ": " + output, null);
      }
      return output;
    } catch (IOException e) {
      throw failed(command, "its output is lost: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(command, "interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private static DiskException failed(List<String> command, String what, Throwable cause) {
    String code = what.contains("No space left") ? DiskException.NO_SPACE : DiskException.FAILED;
    return new DiskException(
        code,
        command.get(0) + ": " + what,
        Map.of("command", String.join(" ", command), "result", what),
        cause);
  }
}
