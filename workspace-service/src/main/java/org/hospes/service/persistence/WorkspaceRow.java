package org.hospes.service.persistence;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import jakarta.persistence.Version;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.service.workspace.Goal;
import org.hospes.service.workspace.ImagePin;
import org.hospes.service.workspace.Lease;
import org.hospes.service.workspace.OnCrash;
import org.hospes.service.workspace.Order;
import org.hospes.service.workspace.Owner;
import org.hospes.service.workspace.Resources;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.path.DistinguishedName;

/** A workspace as a row. Lists are JSON: nothing ever asks the database about their elements. */
@Entity(name = "WorkspaceRow")
@Table(name = "workspace")
class WorkspaceRow {
  @Id String id;
  @Version long version;
  String name;

  @Column(name = "owner_dn")
  String ownerDn;

  @Column(name = "owner_vo")
  String ownerVo;

  @Column(name = "client_token")
  String clientToken;

  @Column(name = "request_digest")
  String requestDigest;

  @Column(name = "image_name")
  String imageName;

  @Column(name = "image_digest")
  String imageDigest;

  @Column(name = "image_signer")
  String imageSigner;

  @Column(name = "image_form")
  String imageForm;

  @Column(name = "image_disk_bytes")
  long imageDiskBytes;

  int cpus;

  @Column(name = "memory_bytes")
  long memoryBytes;

  @Column(name = "scratch_bytes")
  long scratchBytes;

  @Column(name = "forwards_asked")
  String forwardsAsked;

  @Column(name = "lease_starts")
  Instant leaseStarts;

  @Column(name = "lease_seconds")
  long leaseSeconds;

  @Column(name = "on_crash")
  String onCrash;

  String state;
  String goal;

  @Column(name = "stop_seconds")
  long stopSeconds;

  String reason;
  String refusal;
  String node;
  String address;
  String forwards;
  String snapshots;
  String migrations;
  String timeline;

  /** For Hibernate. */
  protected WorkspaceRow() {}

  /** A new row, version 1. */
  WorkspaceRow(Workspace workspace) {
    id = workspace.id().toString();
    version = 1;
    Order order = workspace.order();
    name = order.name();
    ownerDn = order.owner().dn().slash();
    ownerVo = order.owner().virtualOrganisation().orElse(null);
    clientToken = order.clientToken();
    requestDigest = order.requestDigest().toString();
    imageName = order.image().name();
    imageDigest = order.image().digest().toString();
    imageSigner = order.image().signer();
    imageForm = order.image().form().name();
    imageDiskBytes = order.image().diskBytes();
    cpus = order.resources().cpus();
    memoryBytes = order.resources().memoryBytes();
    scratchBytes = order.resources().scratchBytes();
    forwardsAsked = RowJson.forwards(order.forwards());
    onCrash = order.onCrash().name();
    leaseStarts = order.lease().starts();
    change(workspace);
  }

  /** Takes over what can change; of the order only the end of the lease can. */
  final void change(Workspace workspace) {
    leaseSeconds = workspace.lease().length().toSeconds();
    state = workspace.state().name();
    goal = workspace.goal().name();
    stopSeconds = workspace.stopLimit().toSeconds();
    reason = workspace.reason();
    refusal = workspace.refusal().map(RowJson::refusal).orElse(null);
    node = workspace.node().orElse(null);
    address = workspace.address().orElse(null);
    forwards = RowJson.forwards(workspace.forwards());
    snapshots = RowJson.snapshots(workspace.snapshots());
    migrations = RowJson.migrations(workspace.migrations());
    timeline = RowJson.moments(workspace.timeline());
  }

  Workspace workspace() {
    return new Workspace(
        WorkspaceId.parse(id),
        new Order(
            name,
            new Owner(new DistinguishedName(ownerDn), Optional.ofNullable(ownerVo)),
            clientToken,
            Digest.parse(requestDigest),
            new ImagePin(
                imageName,
                Digest.parse(imageDigest),
                imageSigner,
                SignatureForm.valueOf(imageForm),
                imageDiskBytes),
            new Resources(cpus, memoryBytes, scratchBytes),
            RowJson.forwards(forwardsAsked),
            OnCrash.valueOf(onCrash),
            new Lease(leaseStarts, Duration.ofSeconds(leaseSeconds))),
        State.valueOf(state),
        Goal.valueOf(goal),
        Duration.ofSeconds(stopSeconds),
        reason,
        Optional.ofNullable(refusal).map(RowJson::refusal),
        Optional.ofNullable(node),
        Optional.ofNullable(address),
        RowJson.forwards(forwards),
        RowJson.snapshots(snapshots),
        RowJson.migrations(migrations),
        RowJson.moments(timeline),
        version);
  }
}
