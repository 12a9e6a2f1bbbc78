package org.hospes.service.nodesoap;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.node.Countersign;
import org.hospes.contract.node.CountersignResponse;
import org.hospes.contract.node.Heartbeat;
import org.hospes.contract.node.HeartbeatResponse;
import org.hospes.contract.node.ReceiptReference;
import org.hospes.contract.node.Register;
import org.hospes.contract.node.RegisterResponse;
import org.hospes.contract.registry.RegistryPort;
import org.hospes.image.Digest;
import org.hospes.service.admission.AccessRules;
import org.hospes.service.node.Guest;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.node.NodeReport;
import org.hospes.service.receipt.HeadKeeper;
import org.hospes.service.workspace.Goal;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.ServiceIdentity;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.service.workspace.WorkspaceRepository;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.security.SecureServerSetup;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What nodes tell the service. A node speaks only for the name that its host DN stands for. */
public final class RegistryEndpoint implements RegistryPort {
  private static final Logger LOG = LoggerFactory.getLogger(RegistryEndpoint.class);

  private final NodeRegistry registry;
  private final WorkspaceRepository workspaces;
  private final HeadKeeper heads;
  private final Supplier<AccessRules> rules;
  private final Supplier<DistinguishedName> caller;
  private final Duration heartbeat;
  private final Consumer<String> heard;

  /**
   * Wires it.
   *
   * @param heads countersigns what nodes write
   * @param caller the end entity of the call that this thread answers
   * @param heartbeat how often nodes shall report
   * @param heard is told the name of each node that reported
   */
  public RegistryEndpoint(
      NodeRegistry registry,
      WorkspaceRepository workspaces,
      HeadKeeper heads,
      Supplier<AccessRules> rules,
      Supplier<DistinguishedName> caller,
      Duration heartbeat,
      Consumer<String> heard) {
    this.registry = registry;
    this.workspaces = workspaces;
    this.heads = heads;
    this.rules = rules;
    this.caller = caller;
    this.heartbeat = heartbeat;
    this.heard = heard;
  }

  /** Adds this port to a server, at its place: {@code /registry}, for nodes alone. */
  public SecureServerSetup on(SecureServerSetup server) {
    return server
        .mutual("/registry", this, RegistryPort.class, "wsdl/registry.wsdl")
        .peers("/registry", dn -> rules.get().nodeName(dn).isPresent());
  }

  @Override
  public RegisterResponse register(Register request) {
    DistinguishedName dn = caller.get();
    String name = ownName(dn, request.getName());
    NodeReport report = read(name, () -> NodeReading.report(request.getReport()));
    var facts = read(name, () -> NodeReading.facts(request.getFacts()));
    registry.register(name, dn, facts, report);
    reported(name, dn, request.getReport());
    LOG.info(
        "node={} registered: {} with {}, agent at {}",
        name,
        facts.hypervisor(),
        facts.capacity(),
        facts.agentAddress());
    unwanted(name, report);
    heard.accept(name);
    ServiceIdentity identity = workspaces.identity();
    RegisterResponse response = new RegisterResponse();
    response.setServiceInstance(identity.instance().toString());
    response.setEpoch(identity.epoch());
    response.setHeartbeatSeconds((int) Math.max(1, heartbeat.toSeconds()));
    return response;
  }

  @Override
  public HeartbeatResponse heartbeat(Heartbeat request) {
    DistinguishedName dn = caller.get();
    String name = ownName(dn, request.getName());
    NodeReport report = read(name, () -> NodeReading.report(request.getReport()));
    HeartbeatResponse response = new HeartbeatResponse();
    boolean known = registry.heard(name, dn, report).isPresent();
    response.setKnown(known);
    if (known) {
      reported(name, dn, request.getReport());
      unwanted(name, report).stream()
          .map(WorkspaceId::toString)
          .forEach(response.getUnwanted()::add);
      heard.accept(name);
    }
    ServiceIdentity identity = workspaces.identity();
    response.setServiceInstance(identity.instance().toString());
    response.setEpoch(identity.epoch());
    return response;
  }

  @Override
  public CountersignResponse countersign(Countersign request) {
    DistinguishedName dn = caller.get();
    String name = ownName(dn, request.getName());
    UUID chain = read(name, () -> UUID.fromString(request.getChain()));
    try {
      HeadKeeper.Countersigned done = heads.countersign(name, dn, chain, request.getLines());
      CountersignResponse response = new CountersignResponse();
      response.setHeads(done.heads());
      response.setNext(done.next());
      return response;
    } catch (RefusedException e) {
      throw NodeRefusals.onTheWire(e.refusal());
    }
  }

  private void reported(
      String name, DistinguishedName dn, org.hospes.contract.node.NodeReport report) {
    Optional<ReceiptReference> head = Optional.ofNullable(report.getReceiptHead());
    heads.reported(
        name,
        dn,
        read(
            name,
            () ->
                head.map(
                    h ->
                        new HeadKeeper.Reported(
                            UUID.fromString(h.getChain()),
                            h.getSequence(),
                            Digest.parse(h.getDigest()).hex()))));
  }

  private String ownName(DistinguishedName dn, String claimed) {
    Optional<String> name = rules.get().nodeName(dn);
    if (name.isEmpty()) {
      throw RefusalException.of(
              FaultCategory.NOT_ALLOWED, "node.unknown", dn + " is no node of this site")
          .advice("add it to nodes: in the service's access file")
          .fact("dn", dn);
    }
    if (!name.get().equals(claimed)) {
      throw RefusalException.of(
              FaultCategory.NOT_ALLOWED,
              "node.name",
              dn + " speaks for node " + name.get() + " and not for " + claimed)
          .advice("give the agent the name that the service's access file has for its host DN")
          .fact("dn", dn)
          .fact("expected", name.get())
          .fact("found", claimed);
    }
    return name.get();
  }

  /** Of the guests reported, those that are known here and shall not be there. */
  private List<WorkspaceId> unwanted(String node, NodeReport report) {
    List<WorkspaceId> reported =
        report.guests().stream()
            .filter(g -> g.phase() != GuestPhase.ABSENT)
            .map(Guest::id)
            .toList();
    Set<WorkspaceId> strangers = new TreeSet<>();
    List<WorkspaceId> unwanted =
        reported.stream()
            .filter(
                id -> {
                  Optional<Workspace> workspace = workspaces.find(id);
                  if (workspace.isEmpty()) {
                    strangers.add(id);
                  }
                  return workspace.filter(w -> unwantedOn(node, w)).isPresent();
                })
            .toList();
    Set<WorkspaceId> before = registry.strangers().getOrDefault(node, Set.of());
    registry.strangers(node, strangers);
    if (!strangers.isEmpty() && !strangers.equals(before)) {
      LOG.error(
          "node={} HAS GUESTS THAT THIS DATABASE KNOWS NOTHING OF: {}. Was the database restored"
              + " or emptied? Nothing of them is removed; they end with their leases.",
          node,
          strangers);
    }
    return unwanted;
  }

  private static boolean unwantedOn(String node, Workspace workspace) {
    boolean elsewhere =
        workspace.node().filter(n -> !n.equals(node)).isPresent()
            && !workspace.migrations().bringsTo(node);
    return workspace.ended() || workspace.goal() == Goal.DESTROY || elsewhere;
  }

  private static <T> T read(String node, Supplier<T> reading) {
    try {
      return reading.get();
    } catch (IllegalArgumentException | NullPointerException e) {
      throw RefusalException.of(
              FaultCategory.INVALID,
              "node.report.invalid",
              "the report of node " + node + " cannot be read: " + e.getMessage())
          .causedBy(e);
    }
  }
}
