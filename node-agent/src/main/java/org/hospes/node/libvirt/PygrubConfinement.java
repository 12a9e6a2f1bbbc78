package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;

/**
 * Whether Xen's library, which starts pygrub from within libvirtd, takes root's rights from it
 * before it reads a guest's file system: in an empty root of its own, without a network, as a user
 * of that domain alone. Libvirtd's environment decides, which nobody can alter once it runs.
 */
record PygrubConfinement(Path proc, List<Path> daemons, Path users) {
  private static final String RESTRICT = "LIBXL_BOOTLOADER_RESTRICT=";
  private static final String ONE_USER = "LIBXL_BOOTLOADER_USER=";

  /** Xen counts the users of domains from this one's number on. */
  private static final String FIRST_USER = "xen-qemuuser-range-base";

  static PygrubConfinement here() {
    return new PygrubConfinement(
        Path.of("/proc"),
        List.of(Path.of("/run/libvirtd.pid"), Path.of("/run/virtxend.pid")),
        Path.of("/etc/passwd"));
  }

  /** Refuses a pygrub that would run as root, or all of which would run as one user. */
  void require() throws HypervisorException {
    try {
      List<String> environment = environment();
      if (environment.stream().noneMatch(word -> word.startsWith(RESTRICT))) {
        throw refused("libvirtd runs without " + RESTRICT + "1, so that it would be root there");
      }
      if (environment.stream().anyMatch(word -> word.startsWith(ONE_USER))) {
        throw refused("with " + ONE_USER + " it would be the same user for every guest");
      }
      if (Files.readAllLines(users, UTF_8).stream()
          .noneMatch(line -> line.startsWith(FIRST_USER + ":"))) {
        throw refused("the user " + FIRST_USER + " is missing in " + users);
      }
    } catch (IOException e) {
      throw refused("libvirtd cannot be looked at: " + e);
    }
  }

  private List<String> environment() throws IOException {
    List<String> found = new ArrayList<>();
    for (Path daemon : daemons) {
      if (Files.exists(daemon)) {
        Path process = proc.resolve(Files.readString(daemon).strip());
        found.addAll(List.of(Files.readString(process.resolve("environ")).split("\0")));
      }
    }
    return found;
  }

  private static HypervisorException refused(String why) {
    return new HypervisorException(
        Kind.REFUSED,
        "hypervisor.xen-boot is pygrub, which reads guests' file systems in the first domain and"
            + " must be confined there, but "
            + why
            + "; see docs/operations/xen-node.md, or take xen-boot: loader",
        Map.of(),
        null);
  }
}
