package org.hospes.node.libvirt;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.hospes.node.hypervisor.HypervisorException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sockets that are plain files here: it is their modes that count. */
class LibvirtSocketsTest {
  @TempDir Path folder;

  private LibvirtSockets with(String socket, String mode, String file, String settings)
      throws Exception {
    Path made = Files.createFile(folder.resolve(socket));
    Files.setPosixFilePermissions(made, PosixFilePermissions.fromString(mode));
    Files.writeString(folder.resolve(file), settings);
    return new LibvirtSockets(folder, folder);
  }

  @ParameterizedTest
  @CsvSource({
    "libvirt-sock, libvirtd.conf",
    "virtqemud-sock, virtqemud.conf",
    "virtxend-sock, virtxend.conf"
  })
  void anOpenSocketWhoseDaemonAsksNobodyIsRefused(String socket, String file) throws Exception {
    LibvirtSockets sockets =
        with(
            socket,
            "rw-rw-rw-",
            file,
            "unix_sock_rw_perms = \"0700\"\n#auth_unix_rw = \"polkit\"\nauth_unix_rw = \"none\"\n");
    HypervisorException refused = assertThrows(HypervisorException.class, sockets::requireGuarded);
    assertEquals(HypervisorException.Kind.REFUSED, refused.kind());
    assertEquals(folder.resolve(socket).toString(), refused.facts().get("file"));
    assertTrue(refused.getMessage().contains(file), refused.getMessage());
  }

  @Test
  void oneForRootAloneNeedsToAskNobody() throws Exception {
    LibvirtSockets sockets =
        with("libvirt-sock", "rw-------", "libvirtd.conf", "auth_unix_rw = \"none\"\n");
    assertDoesNotThrow(sockets::requireGuarded);
  }

  @Test
  void anOpenOneWhoseDaemonAsksPolkitIsAsDebianHasIt() throws Exception {
    LibvirtSockets sockets =
        with("libvirt-sock", "rw-rw-rw-", "libvirtd.conf", "#auth_unix_rw = \"none\"\n");
    assertDoesNotThrow(sockets::requireGuarded);
  }

  @Test
  void withoutADaemonThereIsNothingToGuard() {
    assertDoesNotThrow(new LibvirtSockets(folder, folder)::requireGuarded);
  }
}
