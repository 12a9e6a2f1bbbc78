package org.hospes.service.endpoint;

import java.util.Optional;
import org.hospes.contract.common.OnCrash;
import org.hospes.contract.common.SignatureForm;
import org.hospes.contract.workspace.Moment;
import org.hospes.contract.workspace.Node;
import org.hospes.contract.workspace.SavedDisk;
import org.hospes.contract.workspace.WorkspaceGoal;
import org.hospes.contract.workspace.WorkspaceState;
import org.hospes.image.Digest;
import org.hospes.service.node.ConsoleChunk;
import org.hospes.service.node.Drains;
import org.hospes.service.node.Progress;
import org.hospes.service.workspace.Crash;
import org.hospes.service.workspace.FlatDisk;
import org.hospes.service.workspace.Forward;
import org.hospes.service.workspace.Migration;
import org.hospes.service.workspace.Resources;
import org.hospes.service.workspace.Snapshot;
import org.hospes.service.workspace.Workspace;

/** What people are told: records to stubs. */
final class WorkspaceWriting {
  private WorkspaceWriting() {}

  static org.hospes.contract.workspace.Workspace workspace(Workspace workspace) {
    var xml = new org.hospes.contract.workspace.Workspace();
    xml.setId(workspace.id().toString());
    xml.setName(workspace.name());
    xml.setState(WorkspaceState.valueOf(workspace.state().name()));
    xml.setGoal(WorkspaceGoal.valueOf(workspace.goal().name()));
    xml.setReason(workspace.reason());
    workspace.refusal().ifPresent(r -> xml.setRefusal(Refused.onTheWire(r).toXml()));
    xml.setImageName(workspace.order().image().name());
    xml.setImageDigest(workspace.order().image().digest().toString());
    xml.setImageSigner(workspace.order().image().signer());
    xml.setImageForm(SignatureForm.fromValue(workspace.order().image().form().name()));
    xml.setCpus(workspace.order().resources().cpus());
    xml.setMemoryBytes(workspace.order().resources().memoryBytes());
    xml.setScratchBytes(workspace.order().resources().scratchBytes());
    workspace.node().ifPresent(xml::setNode);
    workspace.address().ifPresent(xml::setAddress);
    workspace.forwards().stream().map(WorkspaceWriting::forward).forEach(xml.getForward()::add);
    xml.setOwner(workspace.owner().slash());
    workspace.order().owner().virtualOrganisation().ifPresent(xml::setVirtualOrganisation);
    xml.setLeaseEnds(workspace.lease().ends());
    xml.setOnCrash(OnCrash.valueOf(workspace.order().onCrash().name()));
    workspace.timeline().stream().map(WorkspaceWriting::moment).forEach(xml.getMoment()::add);
    for (Snapshot snapshot : workspace.snapshots().kept()) {
      xml.getSnapshot().add(snapshot(snapshot));
    }
    workspace.snapshots().flat().map(WorkspaceWriting::saved).ifPresent(xml::setSavedDisk);
    workspace
        .snapshots()
        .setback()
        .or(() -> workspace.migrations().setback())
        .ifPresent(r -> xml.setSetback(Refused.onTheWire(r).toXml()));
    workspace.migrations().now().map(WorkspaceWriting::migration).ifPresent(xml::setMigration);
    xml.getLeftOn().addAll(workspace.migrations().leftOn());
    return xml;
  }

  private static org.hospes.contract.workspace.Migration migration(Migration migration) {
    var xml = new org.hospes.contract.workspace.Migration();
    xml.setFrom(migration.from());
    xml.setTo(migration.to());
    xml.setCold(migration.cold());
    xml.setSince(migration.since());
    return xml;
  }

  private static org.hospes.contract.common.Snapshot snapshot(Snapshot snapshot) {
    var xml = new org.hospes.contract.common.Snapshot();
    xml.setName(snapshot.name());
    xml.setTakenAt(snapshot.takenAt());
    xml.setBytes(snapshot.bytes());
    xml.setCurrent(snapshot.current());
    xml.setMemory(snapshot.memory());
    return xml;
  }

  private static SavedDisk saved(FlatDisk flat) {
    SavedDisk xml = new SavedDisk();
    xml.setMadeAt(flat.madeAt());
    xml.setBytes(flat.bytes());
    xml.setDigest(flat.digest().toString());
    return xml;
  }

  static org.hospes.contract.common.Crash crash(Crash crash) {
    var xml = new org.hospes.contract.common.Crash();
    xml.setAt(crash.at());
    xml.setConsole(crash.console());
    return xml;
  }

  static org.hospes.contract.common.Progress progress(Progress progress) {
    var xml = new org.hospes.contract.common.Progress();
    xml.setPhase(progress.phase());
    xml.setBytesDone(progress.bytesDone());
    xml.setBytesTotal(progress.bytesTotal());
    progress.startedAt().ifPresent(xml::setStartedAt);
    progress.updatedAt().ifPresent(xml::setUpdatedAt);
    return xml;
  }

  static org.hospes.contract.common.ConsoleChunk console(ConsoleChunk chunk) {
    var xml = new org.hospes.contract.common.ConsoleChunk();
    xml.setOffset(chunk.offset());
    xml.setBytes(chunk.bytes());
    xml.setNextOffset(chunk.nextOffset());
    xml.setEnded(chunk.ended());
    return xml;
  }

  /** A node with what it has left. */
  static Node node(
      org.hospes.service.node.Node node,
      boolean alive,
      Optional<Drains.Drain> drain,
      Resources free,
      int workspaces,
      Digest servicePolicy) {
    Node xml = new Node();
    xml.setName(node.name());
    xml.setDn(node.dn().slash());
    xml.setAlive(alive);
    xml.setLastHeard(node.lastHeard());
    drain.ifPresent(
        d -> {
          xml.setDrainedBy(d.by().slash());
          xml.setDrainedSince(d.since());
          xml.setDrainMigrates(d.migrate());
        });
    xml.setHypervisor(node.facts().hypervisor());
    node.facts().capabilities().stream().sorted().forEach(xml.getCapability()::add);
    xml.setCpus(node.facts().capacity().cpus());
    xml.setCpusFree(free.cpus());
    xml.setMemoryBytes(node.facts().capacity().memoryBytes());
    xml.setMemoryFreeBytes(free.memoryBytes());
    xml.setDiskFreeBytes(node.report().diskFreeBytes());
    xml.setWorkspaces(workspaces);
    node.report().images().stream().map(Digest::toString).sorted().forEach(xml.getImage()::add);
    xml.setPolicyDigest(node.report().policyDigest().toString());
    xml.setPolicyDrifted(!node.report().policyDigest().equals(servicePolicy));
    return xml;
  }

  private static org.hospes.contract.common.Forward forward(Forward forward) {
    var xml = new org.hospes.contract.common.Forward();
    forward.hostAddress().ifPresent(xml::setHostAddress);
    forward.hostPort().ifPresent(xml::setHostPort);
    xml.setGuestPort(forward.guestPort());
    return xml;
  }

  private static Moment moment(org.hospes.service.workspace.Moment moment) {
    Moment xml = new Moment();
    xml.setState(moment.what());
    xml.setAt(moment.at());
    moment.note().ifPresent(xml::setNote);
    return xml;
  }
}
