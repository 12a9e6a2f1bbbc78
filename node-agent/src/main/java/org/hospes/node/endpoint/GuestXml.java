package org.hospes.node.endpoint;

import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.hospes.contract.common.Crash;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.common.Progress;
import org.hospes.contract.node.FlatDisk;
import org.hospes.contract.node.Guest;
import org.hospes.contract.node.GuestPhase;
import org.hospes.contract.node.Moment;
import org.hospes.contract.node.ReceiptReference;
import org.hospes.contract.node.SnapshotOutcome;
import org.hospes.node.journal.Arrival;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.Snapshot;
import org.hospes.node.journal.SnapshotTask;
import org.hospes.node.network.Forward;
import org.hospes.node.sandbox.GuestView;
import org.hospes.node.sandbox.TransferProgress;
import org.hospes.wire.refusal.RefusalException;

/** Guests as the contract writes them. */
public final class GuestXml implements Function<GuestView, Guest> {
  private final Function<UUID, Optional<org.hospes.node.receipt.ReceiptReference>> receipts;

  /** Without their receipts. */
  public GuestXml() {
    this(id -> Optional.empty());
  }

  /**
   * With the receipts of their last boots.
   *
   * @param receipts by workspace
   */
  public GuestXml(Function<UUID, Optional<org.hospes.node.receipt.ReceiptReference>> receipts) {
    this.receipts = receipts;
  }

  private static ReceiptReference receipt(org.hospes.node.receipt.ReceiptReference line) {
    ReceiptReference xml = new ReceiptReference();
    xml.setChain(line.chain().toString());
    xml.setSequence(line.seq());
    xml.setDigest("sha256:" + line.sha256());
    return xml;
  }

  @Override
  public Guest apply(GuestView view) {
    Guest xml = new Guest();
    xml.setId(view.id().toString());
    xml.setPhase(GuestPhase.valueOf(view.phase().name()));
    view.progress().map(GuestXml::progress).ifPresent(xml::setProgress);
    view.record().ifPresent(record -> fill(xml, record));
    view.record()
        .flatMap(GuestRecord::failure)
        .or(view::setback)
        .ifPresent(f -> xml.setRefusal(refusal(f).toXml()));
    view.imageRefusal().ifPresent(f -> xml.setImageRefusal(refusal(f).toXml()));
    receipts.apply(view.id()).map(GuestXml::receipt).ifPresent(xml::setReceipt);
    return xml;
  }

  private static void fill(Guest xml, GuestRecord record) {
    record
        .attachment()
        .ifPresent(
            attachment -> {
              xml.setAddress(attachment.address());
              attachment.forwards().forEach(f -> xml.getForward().add(forward(f)));
            });
    xml.setLeaseEnds(record.order().leaseEnds());
    record.crash().map(GuestXml::crash).ifPresent(xml::setCrash);
    record.base().ifPresent(base -> xml.setVerifiedDigest("sha256:" + base.sha256()));
    for (GuestRecord.Moment moment : record.moments()) {
      Moment one = new Moment();
      one.setWhat(moment.what());
      one.setAt(moment.at());
      xml.getMoment().add(one);
    }
    for (Snapshot snapshot : record.snapshots().kept()) {
      xml.getSnapshot().add(snapshot(snapshot, record));
    }
    record.snapshots().flat().map(GuestXml::flat).ifPresent(xml::setFlatDisk);
    record.handedOver().map(HandOverXml::write).ifPresent(xml::setHandOver);
    record.arrival().map(Arrival::wish).ifPresent(xml::setReceived);
    record.snapshots().last().map(GuestXml::outcome).ifPresent(xml::setSnapshotOutcome);
  }

  private static org.hospes.contract.common.Snapshot snapshot(
      Snapshot snapshot, GuestRecord record) {
    var xml = new org.hospes.contract.common.Snapshot();
    xml.setName(snapshot.name());
    xml.setTakenAt(snapshot.takenAt());
    xml.setBytes(snapshot.bytes());
    xml.setMemory(snapshot.remembers());
    xml.setCurrent(record.seal().filter(snapshot.disks()::equals).isPresent());
    return xml;
  }

  private static FlatDisk flat(Snapshot flat) {
    FlatDisk xml = new FlatDisk();
    xml.setName(flat.name());
    xml.setMadeAt(flat.takenAt());
    xml.setBytes(flat.bytes());
    xml.setDigest("sha256:" + flat.disks().get(0).sha256());
    return xml;
  }

  private static SnapshotOutcome outcome(SnapshotTask.Outcome outcome) {
    SnapshotOutcome xml = new SnapshotOutcome();
    xml.setWish(outcome.task().wish());
    outcome.failure().ifPresent(f -> xml.setRefusal(refusal(f).toXml()));
    return xml;
  }

  private static Crash crash(org.hospes.node.journal.Crash crash) {
    Crash xml = new Crash();
    xml.setAt(crash.at());
    xml.setConsole(crash.console());
    return xml;
  }

  private static Progress progress(TransferProgress progress) {
    Progress xml = new Progress();
    xml.setPhase(progress.phase());
    xml.setBytesDone(progress.bytesDone());
    xml.setBytesTotal(progress.bytesTotal());
    xml.setStartedAt(progress.startedAt());
    xml.setUpdatedAt(progress.updatedAt());
    return xml;
  }

  static org.hospes.contract.common.Forward forward(Forward forward) {
    org.hospes.contract.common.Forward xml = new org.hospes.contract.common.Forward();
    xml.setHostAddress(forward.hostAddress());
    xml.setHostPort(forward.hostPort());
    xml.setGuestPort(forward.guestPort());
    return xml;
  }

  static RefusalException refusal(Failure failure) {
    RefusalException refusal =
        RefusalException.of(
                FaultCategory.valueOf(failure.category().name()), failure.code(), failure.message())
            .facts(failure.facts());
    return failure.advice().isPresent() ? refusal.advice(failure.advice().get()) : refusal;
  }
}
