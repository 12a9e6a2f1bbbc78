package org.hospes.node.hypervisor;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/** How a guest comes up. */
public sealed interface GuestBoot {

  /**
   * By the boot loader on its first disk. On Xen the node's own grub-xen runs inside the guest and
   * reads that disk; nothing of it is read by the node.
   */
  record OwnLoader() implements GuestBoot {}

  /**
   * By a kernel that the site keeps.
   *
   * @param kernel absolute path of a file on the site's allow-list
   */
  record SiteKernel(Path kernel, Optional<Path> initrd, String commandLine) implements GuestBoot {
    public SiteKernel {
      Objects.requireNonNull(initrd, "initrd");
      if (!kernel.isAbsolute() || initrd.filter(p -> !p.isAbsolute()).isPresent()) {
        throw new IllegalArgumentException("kernel and initrd need absolute paths: " + kernel);
      }
      if (!commandLine.isEmpty()) {
        XmlText.require("kernel command line", commandLine);
      }
    }
  }
}
