package org.hospes.node.sandbox;

import java.time.Clock;
import java.util.Optional;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HandOver;
import org.hospes.node.journal.HookName;
import org.hospes.node.journal.JournalEntry;
import org.hospes.node.network.Attachment;
import org.hospes.node.network.GuestNetwork;
import org.hospes.node.network.NetworkRefusedException;

/** Gives the guest its address and forwards, and puts up the rules that it will live behind. */
final class NetworkHook implements Hook {
  private final GuestNetwork network;
  private final Clock clock;

  NetworkHook(GuestNetwork network, Clock clock) {
    this.network = network;
    this.clock = clock;
  }

  @Override
  public HookName name() {
    return HookName.NETWORK;
  }

  @Override
  public JournalEntry.Done setUp(Work work) throws GuestFailedException {
    try {
      Attachment attachment = reserve(work.record());
      network.install(attachment);
      return new JournalEntry.Done(
          clock.instant(),
          HookName.NETWORK,
          Optional.empty(),
          Optional.empty(),
          Optional.of(attachment));
    } catch (NetworkRefusedException e) {
      throw GuestFailedException.of(e);
    }
  }

  private Attachment reserve(GuestRecord record) throws NetworkRefusedException {
    if (record.arrival().isEmpty()) {
      return network.reserve(record.id(), record.order().forwards());
    }
    HandOver papers = record.arrival().get().papers();
    return network.reserve(
        record.id(), record.order().forwards(), papers.network(), papers.hasMemory());
  }

  @Override
  public void tearDown(GuestRecord record) throws GuestFailedException {
    try {
      network.release(record.id());
    } catch (NetworkRefusedException e) {
      throw GuestFailedException.of(e);
    }
  }
}
