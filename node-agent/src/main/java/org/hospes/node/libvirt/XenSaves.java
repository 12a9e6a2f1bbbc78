package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;

/**
 * Into which file a domain's memory is being written. Kept in the xenstore, which lives as long as
 * the domains do and longer than the agent: a domain that is let go on must not leave a memory
 * behind that looks whole, for what it does from then on is not in it.
 *
 * @param tools the command, with what bounds its time, and of its name the part that is before the
 *     verb
 */
record XenSaves(List<String> tools) {
  private static final String WHERE = "/hospes/saving/";

  XenSaves {
    tools = List.copyOf(tools);
  }

  static XenSaves here() {
    return new XenSaves(List.of("timeout", "-k", "5", "20", "xenstore-"));
  }

  void begin(int domain, Path file) throws HypervisorException {
    if (run("write", WHERE + domain, file.toString()).isEmpty()) {
      throw new HypervisorException(
          Kind.FAILED, "the xenstore takes no note of the save of domain " + domain);
    }
  }

  void end(int domain) throws HypervisorException {
    Optional<String> unused = run("rm", WHERE + domain);
  }

  /** Takes away what was written of this domain's memory, for good; nothing when nothing was. */
  void spoil(int domain) throws HypervisorException {
    Optional<String> noted = run("read", WHERE + domain);
    if (noted.isEmpty()) {
      return;
    }
    Path file = Path.of(noted.get().strip());
    try {
      Files.deleteIfExists(file);
      try (FileChannel folder = FileChannel.open(file.getParent(), StandardOpenOption.READ)) {
        folder.force(true);
      }
    } catch (IOException e) {
      throw new HypervisorException(
          Kind.FAILED, "cannot take away " + file + ": " + e, Map.of("path", file.toString()), e);
    }
    end(domain);
  }

  /** What it says; empty when it fails, as it does when there is nothing of that name. */
  private Optional<String> run(String verb, String... words) throws HypervisorException {
    List<String> command = new ArrayList<>(tools);
    command.set(command.size() - 1, command.get(command.size() - 1) + verb);
    command.addAll(List.of(words));
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      process.getOutputStream().close();
      String said = new String(process.getInputStream().readAllBytes(), UTF_8);
      return process.waitFor() == 0 ? Optional.of(said) : Optional.empty();
    } catch (IOException e) {
      throw new HypervisorException(
          Kind.FAILED, String.join(" ", command) + ": " + e.getMessage(), Map.of(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HypervisorException(Kind.FAILED, "interrupted while the xenstore was asked");
    }
  }
}
