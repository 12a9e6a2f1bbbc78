package org.hospes.node.libvirt;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;

/**
 * Who may tell libvirt what to do, which it does as root.
 *
 * @param sockets the folder of libvirt's sockets
 * @param settings the folder of its daemons' settings
 */
record LibvirtSockets(Path sockets, Path settings) {
  /** Each daemon's socket for changes, and the file it is set up by. */
  private static final Map<String, String> DAEMONS =
      new TreeMap<>(
          Map.of(
              "libvirt-sock", "libvirtd.conf",
              "virtqemud-sock", "virtqemud.conf",
              "virtxend-sock", "virtxend.conf"));

  private static final Pattern ASKS_NOBODY =
      Pattern.compile("^\\s*auth_unix_rw\\s*=\\s*\"none\"", Pattern.MULTILINE);

  static LibvirtSockets here() {
    return new LibvirtSockets(Path.of("/run/libvirt"), Path.of("/etc/libvirt"));
  }

  /**
   * Makes sure that a socket which everybody may write to is not one whose daemon asks nobody who
   * they are. It is easily come by: where systemd makes the socket, the modes in the daemon's own
   * settings count for nothing.
   *
   * @throws HypervisorException {@link Kind#REFUSED} naming the socket, {@link Kind#UNKNOWABLE}
   *     when it cannot be told
   */
  void requireGuarded() throws HypervisorException {
    for (Map.Entry<String, String> daemon : DAEMONS.entrySet()) {
      Path socket = sockets.resolve(daemon.getKey());
      Path file = settings.resolve(daemon.getValue());
      try {
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(socket);
        if (mode.contains(PosixFilePermission.OTHERS_WRITE)
            && ASKS_NOBODY.matcher(Files.readString(file)).find()) {
          throw open(socket, mode, file);
        }
      } catch (NoSuchFileException e) {
        // No such daemon, or one as it comes, which asks polkit.
        continue;
      } catch (IOException e) {
        throw new HypervisorException(
            Kind.UNKNOWABLE, "who may speak to libvirt cannot be told: " + e, Map.of(), e);
      }
    }
  }

  private static HypervisorException open(Path socket, Set<PosixFilePermission> mode, Path file) {
    String found = PosixFilePermissions.toString(mode);
    return new HypervisorException(
        Kind.REFUSED,
        "every user of this machine could have libvirt do anything as root: "
            + socket
            + " is open to all ("
            + found
            + "), and "
            + file
            + " has auth_unix_rw = \"none\"; where systemd makes the socket its mode is SocketMode"
            + " of the socket's unit: set that to 0600 and start the socket anew",
        Map.of("file", socket.toString(), "expected", "rw-------", "found", found),
        null);
  }
}
