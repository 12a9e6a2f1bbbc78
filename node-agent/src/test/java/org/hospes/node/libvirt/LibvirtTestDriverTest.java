package org.hospes.node.libvirt;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.hospes.image.DiskFormat;
import org.hospes.node.hypervisor.ConsoleContract;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.hypervisor.ForeignDomain;
import org.hospes.node.hypervisor.GuestDisk;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.libvirt.LibvirtSettings.Driver;
import org.hospes.node.libvirt.LibvirtSettings.Emulation;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/**
 * Libvirt's own test driver keeps documents and runs nothing: it holds no files and has no console.
 */
final class LibvirtTestDriverTest implements ConsoleContract {
  private static LibvirtHypervisor hypervisor;

  @TempDir Path folder;

  @BeforeAll
  static void open() throws Exception {
    hypervisor =
        LibvirtHypervisor.open(
            LibvirtSettings.of(Driver.TEST, Driver.TEST.usualUri(), Emulation.TCG),
            Clock.systemUTC());
  }

  @AfterAll
  static void close() {
    hypervisor.close();
  }

  @Override
  public Hypervisor hypervisor() {
    return hypervisor;
  }

  @Override
  public Path folder() {
    return folder;
  }

  @Override
  public String bridge() {
    return "br0";
  }

  @Override
  public GuestDisk overlay(Path file, Path rawBase) throws Exception {
    Files.createFile(file);
    return GuestDisk.overlay(file, new DiskLayer(rawBase, DiskFormat.RAW));
  }

  @Override
  public boolean executes() {
    return false;
  }

  @Override
  public ForeignDomain stranger() throws Exception {
    return hypervisor.foreign().get(0);
  }
}
