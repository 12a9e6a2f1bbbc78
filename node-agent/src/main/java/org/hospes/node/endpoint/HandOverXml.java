package org.hospes.node.endpoint;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.node.Expect;
import org.hospes.contract.node.ExpectResponse;
import org.hospes.contract.node.Receive;
import org.hospes.image.Digest;
import org.hospes.node.journal.Arrival;
import org.hospes.node.journal.HandOver;
import org.hospes.node.journal.HandedFile;
import org.hospes.node.journal.Snapshot;
import org.hospes.node.network.FormerNetwork;
import org.hospes.node.network.Forward;
import org.hospes.node.sandbox.Ahead;
import org.hospes.node.sandbox.GuestFailedException;
import org.hospes.node.sandbox.HandOvers;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.refusal.RefusalException;

/** What one node leaves to another, as the contract writes it. */
final class HandOverXml {
  private HandOverXml() {}

  static String wish(String text) {
    try {
      return Snapshot.requireName(OrderXml.required("wish", text));
    } catch (IllegalArgumentException e) {
      throw OrderXml.invalid("wish", "a label", text);
    }
  }

  static DistinguishedName host(String element, String text) {
    try {
      return new DistinguishedName(OrderXml.required(element, text));
    } catch (IllegalArgumentException e) {
      throw OrderXml.invalid(element, "the DN of a host", text);
    }
  }

  static Arrival arrival(Receive xml) {
    String wish = wish(xml.getWish());
    String host = host("sourceName", xml.getSourceName()).slash();
    URI source = source(xml.getFileSource());
    return new Arrival(wish, source, host, read(OrderXml.required("handOver", xml.getHandOver())));
  }

  private static URI source(String text) {
    try {
      return Arrival.requireSource(URI.create(OrderXml.required("fileSource", text)));
    } catch (IllegalArgumentException e) {
      throw OrderXml.invalid("fileSource", "an https address", text);
    }
  }

  /** What was asked, done. */
  static ExpectResponse expect(Expect xml, HandOvers handOvers) throws GuestFailedException {
    Ahead ahead =
        handOvers.expect(
            OrderXml.read(xml.getOrder()),
            wish(xml.getWish()),
            source(xml.getFileSource()),
            host("sourceName", xml.getSourceName()));
    ExpectResponse response = new ExpectResponse();
    response.setCopied(ahead.copied());
    response.setBytes(ahead.bytes());
    return response;
  }

  private static HandOver read(org.hospes.contract.node.HandOver xml) {
    try {
      List<Forward> forwards = new ArrayList<>();
      for (org.hospes.contract.common.Forward one : xml.getForward()) {
        forwards.add(
            new Forward(
                Optional.ofNullable(one.getHostAddress()).orElse(""),
                OrderXml.required("handOver.forward.hostPort", one.getHostPort()),
                one.getGuestPort()));
      }
      return new HandOver(
          wish(xml.getWish()),
          host("handOver.to", xml.getTo()).slash(),
          xml.isSuspended(),
          OrderXml.required("handOver.platform", xml.getPlatform()),
          Optional.ofNullable(xml.getMachine()),
          new FormerNetwork(
              OrderXml.required("handOver.address", xml.getAddress()),
              OrderXml.required("handOver.mac", xml.getMac()),
              OrderXml.required("handOver.gateway", xml.getGateway()),
              forwards),
          xml.getFile().stream().map(HandOverXml::file).toList(),
          xml.getSnapshot().stream().map(HandOverXml::snapshot).toList());
    } catch (IllegalArgumentException e) {
      throw RefusalException.of(
              FaultCategory.INVALID, "order.invalid", "handOver: " + e.getMessage())
          .fact("element", "handOver")
          .causedBy(e);
    }
  }

  private static HandedFile file(org.hospes.contract.node.HandedFile xml) {
    Digest digest = Digest.parse(OrderXml.required("handOver.file.digest", xml.getDigest()));
    if (digest.algorithm() != Digest.Algorithm.SHA256) {
      throw OrderXml.invalid("handOver.file.digest", "a SHA-256", xml.getDigest());
    }
    return new HandedFile(
        OrderXml.required("handOver.file.name", xml.getName()), xml.getBytes(), digest.hex());
  }

  private static HandOver.HandedSnapshot snapshot(org.hospes.contract.common.Snapshot xml) {
    return new HandOver.HandedSnapshot(
        OrderXml.required("handOver.snapshot.name", xml.getName()),
        OrderXml.required("handOver.snapshot.takenAt", xml.getTakenAt()),
        xml.getBytes());
  }

  static org.hospes.contract.node.HandOver write(HandOver papers) {
    var xml = new org.hospes.contract.node.HandOver();
    xml.setWish(papers.wish());
    xml.setTo(papers.to());
    xml.setSuspended(papers.suspended());
    xml.setPlatform(papers.platform());
    papers.machine().ifPresent(xml::setMachine);
    xml.setAddress(papers.network().address());
    xml.setMac(papers.network().mac());
    xml.setGateway(papers.network().gateway());
    papers.network().forwards().forEach(f -> xml.getForward().add(GuestXml.forward(f)));
    for (HandedFile file : papers.files()) {
      var one = new org.hospes.contract.node.HandedFile();
      one.setName(file.name());
      one.setBytes(file.bytes());
      one.setDigest("sha256:" + file.sha256());
      xml.getFile().add(one);
    }
    for (HandOver.HandedSnapshot snapshot : papers.snapshots()) {
      var one = new org.hospes.contract.common.Snapshot();
      one.setName(snapshot.name());
      one.setTakenAt(snapshot.takenAt());
      one.setBytes(snapshot.bytes());
      xml.getSnapshot().add(one);
    }
    return xml;
  }
}
