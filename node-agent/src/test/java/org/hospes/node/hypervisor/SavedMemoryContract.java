package org.hospes.node.hypervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.junit.jupiter.api.Test;

/** The part of {@link HypervisorContract} for hypervisors that can write a guest's memory. */
public interface SavedMemoryContract {
  Hypervisor hypervisor();

  Path folder();

  boolean executes();

  GuestSpec guest() throws Exception;

  String console(GuestSpec spec) throws HypervisorException;

  void awaitConsole(GuestSpec spec, String text) throws Exception;

  /** A guest that says {@link #greeting()} and helps to be saved, where that takes its help. */
  default GuestSpec guestToBeSaved() throws Exception {
    return guest();
  }

  /** What it says when it is up. */
  default String greeting() {
    return TinyDisk.GREETING.strip();
  }

  /**
   * Fails unless the guest, which runs again, is the one that was saved.
   *
   * @param said all that it had said until then
   */
  default void assertWentOn(GuestSpec spec, String said) throws Exception {
    assertEquals(said, console(spec), "it did not boot");
  }

  @Test
  default void aGuestGoesOnFromItsSavedMemory() throws Exception {
    assumeTrue(hypervisor().capabilities().abilities().contains(Ability.SUSPEND));
    GuestSpec spec = guestToBeSaved();
    Path memory = folder().resolve("memory-" + spec.id());
    try {
      hypervisor().startPaused(spec);
      hypervisor().resume(spec.id());
      if (executes()) {
        awaitConsole(spec, greeting());
      }
      String said = console(spec);
      assertFalse(hypervisor().saved(spec.id(), memory));
      hypervisor().save(spec.id(), memory, () -> false);
      assertEquals(Optional.empty(), hypervisor().inspect(spec.id()));
      assertTrue(hypervisor().saved(spec.id(), memory));
      assertFalse(hypervisor().saved(UUID.randomUUID(), memory), "it is another guest's");
      // In a first domain there is no room to hold a guest's memory.
      Path written = Files.copy(memory, memory.resolveSibling("written-" + spec.id()));
      GuestStatus back = hypervisor().restorePaused(spec, memory);
      assertEquals(GuestState.PAUSED, back.state());
      assertEquals(
          HypervisorContract.held(spec),
          hypervisor().openFiles(spec.id()).stream()
              .filter(file -> file.writable() || !file.path().equals(memory.toString()))
              .map(HypervisorContract::described)
              .sorted()
              .toList());
      assertEquals(-1, Files.mismatch(written, memory));
      Files.delete(written);
      hypervisor().resume(spec.id());
      assertEquals(
          Optional.of(GuestState.RUNNING), hypervisor().inspect(spec.id()).map(GuestStatus::state));
      if (executes()) {
        assertWentOn(spec, said);
      }
    } finally {
      hypervisor().destroy(spec.id());
    }
    HypervisorContract.assertKind(
        Kind.NOT_FOUND, () -> hypervisor().save(spec.id(), memory, () -> false));
  }
}
