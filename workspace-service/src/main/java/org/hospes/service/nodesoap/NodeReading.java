package org.hospes.service.nodesoap;

import java.net.URI;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.hospes.contract.common.ConsoleChunk;
import org.hospes.image.Digest;
import org.hospes.service.node.Guest;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.node.GuestSnapshots;
import org.hospes.service.node.HandOver;
import org.hospes.service.node.NodeFacts;
import org.hospes.service.node.NodeReport;
import org.hospes.service.node.Progress;
import org.hospes.service.workspace.Crash;
import org.hospes.service.workspace.FlatDisk;
import org.hospes.service.workspace.Forward;
import org.hospes.service.workspace.Moment;
import org.hospes.service.workspace.Resources;
import org.hospes.service.workspace.Snapshot;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.path.DistinguishedName;

/**
 * What nodes say: stubs to records. Throws {@link IllegalArgumentException} or {@link
 * NullPointerException} for what no agent of this version sends.
 */
final class NodeReading {
  private static final int MOST_MOMENTS = 64;
  private static final Pattern MOMENT =
      Pattern.compile("([A-Za-z][A-Za-z _-]{0,40})([^A-Za-z _-].*)?");

  private NodeReading() {}

  static Guest guest(org.hospes.contract.node.Guest xml) {
    return new Guest(
        WorkspaceId.parse(xml.getId()),
        GuestPhase.valueOf(xml.getPhase().name()),
        Optional.ofNullable(xml.getRefusal()).map(NodeRefusals::read),
        Optional.ofNullable(xml.getProgress()).map(NodeReading::progress),
        Optional.ofNullable(xml.getAddress()),
        xml.getForward().stream().map(NodeReading::forward).toList(),
        Optional.ofNullable(xml.getLeaseEnds()),
        Optional.ofNullable(xml.getCrash()).map(c -> new Crash(c.getAt(), c.getConsole())),
        xml.getMoment().stream()
            .skip(Math.max(0, xml.getMoment().size() - MOST_MOMENTS))
            .map(m -> moment(m.getWhat(), m.getAt()))
            .toList(),
        new GuestSnapshots(
            xml.getSnapshot().stream().map(NodeReading::snapshot).toList(),
            Optional.ofNullable(xml.getFlatDisk()).map(NodeReading::flat),
            Optional.ofNullable(xml.getSnapshotOutcome())
                .map(
                    o ->
                        new GuestSnapshots.Outcome(
                            o.getWish(),
                            Optional.ofNullable(o.getRefusal()).map(NodeRefusals::read)))),
        Optional.ofNullable(xml.getHandOver()).map(NodeReading::handOver),
        Optional.ofNullable(xml.getReceived()),
        Optional.ofNullable(xml.getImageRefusal()).map(NodeRefusals::read));
  }

  private static HandOver handOver(org.hospes.contract.node.HandOver xml) {
    return new HandOver(
        xml.getWish(),
        DistinguishedName.parse(xml.getTo()),
        xml.isSuspended(),
        xml.getPlatform(),
        Optional.ofNullable(xml.getMachine()),
        xml.getAddress(),
        xml.getMac(),
        xml.getGateway(),
        xml.getForward().stream().map(NodeReading::forward).toList(),
        xml.getFile().stream()
            .map(f -> new HandOver.File(f.getName(), f.getBytes(), Digest.parse(f.getDigest())))
            .toList(),
        xml.getSnapshot().stream().map(NodeReading::snapshot).toList());
  }

  private static Snapshot snapshot(org.hospes.contract.common.Snapshot xml) {
    return new Snapshot(
        xml.getName(),
        xml.getTakenAt(),
        xml.getBytes(),
        xml.isCurrent(),
        Boolean.TRUE.equals(xml.isMemory()));
  }

  private static FlatDisk flat(org.hospes.contract.node.FlatDisk xml) {
    return new FlatDisk(xml.getMadeAt(), xml.getBytes(), Digest.parse(xml.getDigest()));
  }

  /**
   * A node's own words as a point of the timeline: {@code "fetched 12 bytes"} is FETCHED with a
   * note. States are the service's to tell, so a word of the node's that is one is told apart.
   */
  static Moment moment(String words, Instant at) {
    Matcher parts = MOMENT.matcher(words.strip());
    if (!parts.matches()) {
      return new Moment("NODE", at, Optional.of(words));
    }
    String name = parts.group(1).strip().toUpperCase(Locale.ROOT).replaceAll("[^A-Z]+", "_");
    boolean state = Arrays.stream(State.values()).anyMatch(s -> s.name().equals(name));
    return new Moment(
        name.equals("STAGED") ? "FETCHED" : state ? "NODE_" + name : name,
        at,
        Optional.ofNullable(parts.group(2)).map(String::strip).filter(n -> !n.isEmpty()));
  }

  static NodeFacts facts(org.hospes.contract.node.NodeFacts xml) {
    URI address = URI.create(xml.getAgentAddress());
    if (!"https".equals(address.getScheme()) || address.getHost() == null) {
      throw new IllegalArgumentException(
          "agentAddress: an https address expected, found " + xml.getAgentAddress());
    }
    return new NodeFacts(
        address,
        Optional.ofNullable(xml.getHypervisor()).orElse("unknown"),
        Set.copyOf(xml.getCapability()),
        new Resources(xml.getCpus(), xml.getMemoryBytes(), xml.getDiskBytes()),
        Optional.ofNullable(xml.getForwardAddress()).orElse(""),
        Optional.ofNullable(xml.getVersion()).orElse(""),
        Optional.ofNullable(xml.getPlatform()),
        Optional.ofNullable(xml.getMachine()));
  }

  static NodeReport report(org.hospes.contract.node.NodeReport xml) {
    List<Guest> guests = xml.getGuest().stream().map(NodeReading::guest).toList();
    return new NodeReport(
        xml.getDiskFreeBytes(),
        Digest.parse(xml.getPolicyDigest()),
        xml.getImage().stream().map(Digest::parse).collect(Collectors.toUnmodifiableSet()),
        guests,
        xml.getWarning());
  }

  static org.hospes.service.node.ConsoleChunk console(ConsoleChunk xml) {
    return new org.hospes.service.node.ConsoleChunk(
        xml.getOffset(),
        Optional.ofNullable(xml.getBytes()).orElse(new byte[0]),
        xml.getNextOffset(),
        xml.isEnded());
  }

  private static Progress progress(org.hospes.contract.common.Progress xml) {
    return new Progress(
        Optional.ofNullable(xml.getPhase()).orElse(""),
        xml.getBytesDone(),
        xml.getBytesTotal(),
        Optional.ofNullable(xml.getStartedAt()),
        Optional.ofNullable(xml.getUpdatedAt()));
  }

  private static Forward forward(org.hospes.contract.common.Forward xml) {
    return new Forward(
        Optional.ofNullable(xml.getHostAddress()),
        Optional.ofNullable(xml.getHostPort()),
        xml.getGuestPort());
  }
}
