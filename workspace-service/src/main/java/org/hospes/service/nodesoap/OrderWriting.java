package org.hospes.service.nodesoap;

import java.net.URI;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import org.hospes.contract.common.OnCrash;
import org.hospes.contract.common.SignatureForm;
import org.hospes.contract.common.SignedImage;
import org.hospes.contract.node.GuestOrder;
import org.hospes.contract.node.HandedFile;
import org.hospes.image.Digest;
import org.hospes.image.Statement;
import org.hospes.service.node.HandOver;
import org.hospes.service.workspace.Dossier;
import org.hospes.service.workspace.Forward;
import org.hospes.service.workspace.Snapshot;
import org.hospes.service.workspace.Workspace;

/**
 * What a node is asked to run: records to stubs. The same workspace always makes the same order,
 * but for its lease's end and for what others say of its image.
 */
final class OrderWriting {
  private OrderWriting() {}

  /**
   * @param sight what this service says of having seen the image
   */
  static GuestOrder order(Workspace workspace, Dossier dossier, Optional<Statement> sight) {
    GuestOrder xml = new GuestOrder();
    xml.setId(workspace.id().toString());
    xml.setName(workspace.name());
    xml.setOwner(workspace.owner().slash());
    workspace.order().owner().virtualOrganisation().ifPresent(xml::setVirtualOrganisation);
    xml.setImageDigest(workspace.order().image().digest().toString());
    xml.setImage(papers(dossier.papers()));
    dossier.sources().stream().map(URI::toString).forEach(xml.getSource()::add);
    xml.setCpus(workspace.order().resources().cpus());
    xml.setMemoryBytes(workspace.order().resources().memoryBytes());
    xml.setScratchBytes(workspace.order().resources().scratchBytes());
    workspace.order().forwards().stream().map(OrderWriting::forward).forEach(xml.getForward()::add);
    dossier.sshKey().ifPresent(xml::setSshKey);
    dossier.userData().ifPresent(xml::setUserData);
    xml.setOnCrash(OnCrash.valueOf(workspace.order().onCrash().name()));
    xml.setLeaseEnds(workspace.lease().ends());
    sight.map(OrderWriting::statement).ifPresent(xml::setSight);
    xml.setRequestDigest(Digest.sha256Of(dossier.signedRequest()).toString());
    return xml;
  }

  /** What another node said, as it said it. */
  static org.hospes.contract.node.HandOver handOver(HandOver handOver) {
    var xml = new org.hospes.contract.node.HandOver();
    xml.setWish(handOver.wish());
    xml.setTo(handOver.to().slash());
    xml.setSuspended(handOver.suspended());
    xml.setPlatform(handOver.platform());
    handOver.machine().ifPresent(xml::setMachine);
    xml.setAddress(handOver.address());
    xml.setMac(handOver.mac());
    xml.setGateway(handOver.gateway());
    handOver.forwards().stream().map(OrderWriting::forward).forEach(xml.getForward()::add);
    for (HandOver.File file : handOver.files()) {
      HandedFile one = new HandedFile();
      one.setName(file.name());
      one.setBytes(file.bytes());
      one.setDigest(file.digest().toString());
      xml.getFile().add(one);
    }
    for (Snapshot snapshot : handOver.snapshots()) {
      var one = new org.hospes.contract.common.Snapshot();
      one.setName(snapshot.name());
      one.setTakenAt(snapshot.takenAt());
      one.setBytes(snapshot.bytes());
      one.setCurrent(snapshot.current());
      one.setMemory(snapshot.memory());
      xml.getSnapshot().add(one);
    }
    return xml;
  }

  /** An image's papers, without what this service itself says of them. */
  static SignedImage papers(org.hospes.image.SignedImage papers) {
    SignedImage xml = new SignedImage();
    xml.setManifest(papers.manifest());
    xml.setForm(SignatureForm.fromValue(papers.form().name()));
    xml.setSignature(papers.signature());
    try {
      for (X509Certificate certificate : papers.chain()) {
        xml.getCertificate().add(certificate.getEncoded());
      }
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a certificate that was read cannot be written", e);
    }
    xml.getEndorsement().addAll(papers.endorsements());
    papers.publication().map(OrderWriting::statement).ifPresent(xml::setPublication);
    return xml;
  }

  static org.hospes.contract.common.Statement statement(Statement statement) {
    var xml = new org.hospes.contract.common.Statement();
    xml.setBody(statement.body());
    xml.setSignature(statement.signature());
    return xml;
  }

  private static org.hospes.contract.common.Forward forward(Forward forward) {
    org.hospes.contract.common.Forward xml = new org.hospes.contract.common.Forward();
    forward.hostAddress().ifPresent(xml::setHostAddress);
    forward.hostPort().ifPresent(xml::setHostPort);
    xml.setGuestPort(forward.guestPort());
    return xml;
  }
}
