package org.hospes.image;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What decides how a disk boots. Under a classic signature it is always {@link #OWN_LOADER}, since
 * only the disk's bytes are signed.
 *
 * @param mode how
 * @param kernel name of a kernel on the site's allow-list, for {@link Mode#SITE_KERNEL} only
 * @param commandLine for {@link Mode#SITE_KERNEL} only; printable ASCII
 */
public record BootInformation(Mode mode, Optional<String> kernel, Optional<String> commandLine) {
  /** Ways to boot. */
  public enum Mode {
    /** By the boot loader that the disk carries. */
    OWN_LOADER,
    /** By a kernel that the site keeps. */
    SITE_KERNEL
  }

  public static final BootInformation OWN_LOADER =
      new BootInformation(Mode.OWN_LOADER, Optional.empty(), Optional.empty());

  private static final Pattern COMMAND_LINE = Pattern.compile("[ -~]{0,2048}");

  public BootInformation {
    if (kernel.isPresent()) {
      ImageReference.requireLabel("kernel", kernel.get());
    }
    if (commandLine.isPresent() && !COMMAND_LINE.matcher(commandLine.get()).matches()) {
      throw new IllegalArgumentException(
          "commandLine: expected at most 2048 printable ASCII characters");
    }
    if (mode == Mode.SITE_KERNEL && kernel.isEmpty()) {
      throw new IllegalArgumentException("boot: a site's kernel needs its name");
    }
    if (mode == Mode.OWN_LOADER && (kernel.isPresent() || commandLine.isPresent())) {
      throw new IllegalArgumentException(
          "boot: a disk with its own boot loader takes no kernel and no command line");
    }
  }
}
