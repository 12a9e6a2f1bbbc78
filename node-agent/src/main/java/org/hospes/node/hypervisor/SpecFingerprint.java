package org.hospes.node.hypervisor;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Written out field by field, because it must stay the same when a newer agent looks at the guests
 * of an older one.
 */
final class SpecFingerprint {
  private final MessageDigest digest;

  private SpecFingerprint() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  static String of(GuestSpec spec) {
    SpecFingerprint print = new SpecFingerprint();
    print.add("id", spec.id());
    print.add("name", spec.name());
    print.add("cpus", spec.cpus());
    print.add("memory", spec.memoryBytes());
    for (GuestDisk disk : spec.disks()) {
      print.add("disk", disk.readOnly() ? "ro" : "rw");
      for (DiskLayer layer : disk.layers()) {
        print.add(layer.format().name(), layer.path());
      }
    }
    GuestInterface network = spec.network();
    print.add("network", network.bridge() + " " + network.device() + " " + network.mac());
    if (spec.boot() instanceof GuestBoot.SiteKernel kernel) {
      print.add("kernel", kernel.kernel());
      kernel.initrd().ifPresent(initrd -> print.add("initrd", initrd));
      print.add("cmdline", kernel.commandLine());
    }
    print.add("console", spec.consoleLog());
    return HexFormat.of().formatHex(print.digest.digest());
  }

  /** Length first, so that no two lists of fields write the same bytes. */
  private void add(String field, Object value) {
    byte[] bytes = value.toString().getBytes(UTF_8);
    digest.update((field + ":" + bytes.length + ":").getBytes(UTF_8));
    digest.update(bytes);
  }
}
