package org.hospes.node.hypervisor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.io.TempDir;

final class InMemoryHypervisorTest implements ConsoleContract {
  private final InMemoryHypervisor hypervisor = new InMemoryHypervisor();

  @TempDir Path folder;

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
    return GuestDisk.overlay(file, new DiskLayer(rawBase, org.hospes.image.DiskFormat.RAW));
  }

  @Override
  public boolean executes() {
    return true;
  }

  @Override
  public boolean heedsItsPowerButton() {
    return true;
  }

  @Override
  public ForeignDomain stranger() {
    UUID id = UUID.randomUUID();
    hypervisor.addForeign(id, "stranger");
    return new ForeignDomain(id.toString(), "stranger");
  }
}
