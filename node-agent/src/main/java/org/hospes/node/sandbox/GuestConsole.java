package org.hospes.node.sandbox;

import java.util.UUID;
import org.hospes.node.hypervisor.ConsoleLine;
import org.hospes.node.hypervisor.ConsoleOutput;
import org.hospes.node.hypervisor.ConsoleSource;
import org.hospes.node.hypervisor.GuestSpec;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.journal.Failure;

/** Guests' consoles, also of those that ended and are still here. Safe for many threads. */
public final class GuestConsole {
  private final Guests guests;
  private final GuestFolders folders;
  private final Hypervisor hypervisor;

  public GuestConsole(Guests guests, GuestFolders folders, Hypervisor hypervisor) {
    this.guests = guests;
    this.folders = folders;
    this.hypervisor = hypervisor;
  }

  /**
   * Opens it to be read and typed on; whoever opens it twice at a time shares the output by chance.
   *
   * @throws GuestFailedException NOT_FOUND when the guest is not here, CONFLICT when it neither
   *     runs nor stands still
   */
  public ConsoleLine open(UUID id) throws GuestFailedException {
    GuestPhase phase = guests.view(id).phase();
    if (phase == GuestPhase.ABSENT) {
      throw GuestFailedException.absent(id);
    }
    if (phase != GuestPhase.RUNNING && phase != GuestPhase.PAUSED) {
      throw GuestFailedException.refused(
          Failure.of(
                  Failure.Category.CONFLICT,
                  "guest.phase",
                  "expected a guest that runs or is paused, found " + phase)
              .fact("workspace", id.toString())
              .fact("phase", phase.name()));
    }
    try {
      return hypervisor.openConsole(id);
    } catch (HypervisorException e) {
      throw GuestFailedException.of(e);
    }
  }

  /**
   * Reads from a position in bytes.
   *
   * @throws GuestFailedException NOT_FOUND when the guest is not here
   */
  public ConsolePiece read(UUID id, long offset, int maxBytes) throws GuestFailedException {
    // Looked at first: output that came before the end must not be missed.
    GuestPhase before = guests.view(id).phase();
    if (before == GuestPhase.ABSENT) {
      throw GuestFailedException.absent(id);
    }
    boolean over =
        switch (before) {
          case STOPPED, SUSPENDED, ENDED, FAILED, REMOVING -> true;
          default -> false;
        };
    int most = Math.max(1, maxBytes);
    try {
      ConsoleOutput output =
          hypervisor.readConsole(
              new ConsoleSource(id, GuestSpec.nameOf(id), folders.console(id)),
              Math.max(0, offset),
              most);
      return new ConsolePiece(output.offset(), output.bytes(), over && output.bytes().length == 0);
    } catch (HypervisorException e) {
      throw GuestFailedException.of(e);
    }
  }
}
