package org.hospes.node.sandbox;

import java.io.IOException;
import java.util.List;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.SealedDisk;

/** Where the receipt of each boot is written. */
@FunctionalInterface
public interface BootReceipts {
  /**
   * What a receipt tells of a boot.
   *
   * @param record the guest, as the journal has it
   * @param definition SHA-256 of what the hypervisor was told to start
   * @param seed the disk with key and user data
   * @param state the workspace's own disks, and its memory, that it starts with; empty for the
   *     first boot
   */
  record Boot(GuestRecord record, String definition, SealedDisk seed, List<SealedDisk> state) {
    /** Keeps its own copy of the state. */
    public Boot {
      state = List.copyOf(state);
    }
  }

  /**
   * Writes the receipt, once however often it is asked for the same domain; it is on the disk when
   * this returns.
   *
   * @throws IOException when it is not: the guest must not run
   */
  void write(Boot boot) throws IOException;
}
