package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.UUID;
import org.hospes.node.hypervisor.GuestSpec;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.hospes.node.libvirt.LibvirtSettings.Driver;
import org.libvirt.Error;
import org.libvirt.jna.ConnectionPointer;
import org.libvirt.jna.Libvirt;

/** A guest's memory in a file, as libvirt writes it. */
final class SavedMemory {
  /** {@code VIR_DOMAIN_SAVE_PAUSED}: whatever the file says, no processor runs. */
  private static final int PAUSED = 4;

  /**
   * How a file begins whose writing came to its end. Libvirt's QEMU driver writes another word at
   * first and this one at last; its Xen driver has only one, so that there the stream's end is
   * looked for: a host that lost its power has neither the domain nor all of its memory.
   */
  private static final String WHOLE_QEMU = "LibvirtQemudSave";

  private static final String WHOLE_XEN = "libvirt-xml\n";
  private static final int HEAD = 1 << 16;

  /** Part of libvirt's library that libvirt-java does not bind. */
  interface Restoring extends Library {
    int virDomainRestoreFlags(ConnectionPointer connection, String from, String xml, int flags);
  }

  private SavedMemory() {}

  /** Whether the file is that guest's and was written to its end. */
  static boolean whole(Driver driver, UUID id, Path file) throws IOException {
    String mark = driver == Driver.XEN ? WHOLE_XEN : WHOLE_QEMU;
    try (InputStream bytes =
        Files.newInputStream(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      String head = new String(bytes.readNBytes(HEAD), ISO_8859_1);
      return head.startsWith(mark)
          && head.contains("<uuid>" + id + "</uuid>")
          && (driver != Driver.XEN || XenSaveFile.whole(file));
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /**
   * Has the file hold this node's document where libvirt will believe that; otherwise {@link
   * #restorePaused} gives libvirt another.
   *
   * @return whether the file was changed
   */
  static boolean adopt(LibvirtSettings settings, GuestSpec spec, Path file, String document)
      throws HypervisorException {
    if (settings.driver() != Driver.XEN) {
      return false;
    }
    try {
      return XenSaveFile.adopt(
          file, settings.xen().kind(), spec.cpus(), spec.memoryBytes(), document);
    } catch (ForeignMemoryException e) {
      throw new HypervisorException(
          Kind.REFUSED,
          "what came as the guest's memory is not what Xen saves of such a guest: "
              + e.getMessage(),
          Map.of("expected", e.expected(), "found", e.found()),
          e);
    } catch (IOException e) {
      throw new HypervisorException(
          Kind.FAILED,
          "cannot adopt the saved memory of guest " + spec.id() + ": " + e.getMessage(),
          Map.of("guest", spec.id().toString(), "path", file.toString()),
          e);
    }
  }

  /**
   * Creates the domain of this document, not of the one in the file, with its processors stopped.
   * Libvirt's Xen driver takes no document here (9.0, and those after it): it reads the one in the
   * file, which it wrote itself, or {@link #adopt} did; the file is the agent's alone and is
   * compared with its digest before.
   */
  static void restorePaused(Driver driver, OpenConnect connect, Path file, String xml, String doing)
      throws HypervisorException {
    Restoring libvirt = Native.load("virt", Restoring.class);
    String document = driver == Driver.XEN ? null : xml;
    if (libvirt.virDomainRestoreFlags(connect.pointer(), file.toString(), document, PAUSED) != 0) {
      throw LibvirtErrors.translate(doing, new Error(Libvirt.INSTANCE.virGetLastError()));
    }
  }
}
