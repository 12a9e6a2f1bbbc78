package org.hospes.node.servicesoap;

import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.xml.namespace.QName;
import org.hospes.contract.node.Guest;
import org.hospes.contract.node.Heartbeat;
import org.hospes.contract.node.HeartbeatResponse;
import org.hospes.contract.node.NodeFacts;
import org.hospes.contract.node.NodeReport;
import org.hospes.contract.node.Register;
import org.hospes.contract.node.RegisterResponse;
import org.hospes.contract.registry.RegistryPort;
import org.hospes.image.Digest;
import org.hospes.node.receipt.ReceiptReference;
import org.hospes.node.sandbox.GuestView;
import org.hospes.node.sandbox.Reaper;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.refusal.Refusals;
import org.hospes.wire.security.ExpectedServer;
import org.hospes.wire.security.SecureClient;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers at the service, then beats: says what this node has, and hears what is not wanted. When
 * the service is silent it goes on trying, as often as it would beat at most; guests and leases do
 * not depend on it.
 */
public final class ServiceLink implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ServiceLink.class);
  private static final int MOST_WARNINGS = 16;
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

  private final RegistryPort registry;
  private final NodeSight sight;
  private final Function<GuestView, Guest> guests;
  private final Reaper reaper;
  private final Runnable heard;
  private final Clock clock;
  private final ScheduledExecutorService beats;
  private Duration interval = Duration.ofSeconds(5);
  private Duration pause = FIRST_PAUSE;
  private boolean registered;
  private String lastComplaint = "";
  private volatile Instant heardAt;
  private volatile String trouble = "not registered yet";

  /**
   * @param guests writes guests as the contract has them
   * @param heard runs each time when the service answered
   */
  public ServiceLink(
      RegistryPort registry,
      NodeSight sight,
      Function<GuestView, Guest> guests,
      Reaper reaper,
      Runnable heard,
      Clock clock) {
    this.registry = registry;
    this.sight = sight;
    this.guests = guests;
    this.reaper = reaper;
    this.heard = heard;
    this.clock = clock;
    this.beats =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "service link");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * The service's registry, as this node reaches it.
   *
   * @param service the only one that is believed
   */
  public static RegistryPort registry(SecureClient client, URI address, DistinguishedName service) {
    return client.mutual(
        RegistryPort.class,
        new QName("urn:hospes:registry:1:wsdl", "RegistryService"),
        "wsdl/registry.wsdl",
        address,
        ExpectedServer.dn(service));
  }

  /** Begins, and goes on until {@link #close}. */
  public void start() {
    beats.execute(this::turn);
  }

  /** Tells the service what changed without waiting for the next beat. */
  public void soon() {
    if (!beats.isShutdown()) {
      beats.execute(this::beatBetween);
    }
  }

  private void beatBetween() {
    try {
      if (registered) {
        registered = beat();
        heardAt = clock.instant();
      }
    } catch (Exception e) {
      LOG.debug("the next turn tells of it", e);
    }
  }

  /** When the service last answered; empty before it ever did. */
  public Optional<Instant> heardAt() {
    return Optional.ofNullable(heardAt);
  }

  /** What keeps the service away now; empty when it answers. */
  public Optional<String> trouble() {
    return Optional.ofNullable(trouble);
  }

  @Override
  public void close() {
    beats.shutdownNow();
  }

  private void turn() {
    Duration next = pause;
    try {
      if (!registered) {
        register();
      } else if (!beat()) {
        register();
      }
      heardAt = clock.instant();
      heard.run();
      if (trouble != null) {
        LOG.info("the service answers");
      }
      trouble = null;
      lastComplaint = "";
      pause = FIRST_PAUSE;
      next = interval;
    } catch (Exception e) {
      next = failed(e);
    } finally {
      again(next);
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // a turn catches what it throws, and comes again
  private void again(Duration after) {
    if (!beats.isShutdown()) {
      beats.schedule(this::turn, after.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private Duration failed(Exception e) {
    String complaint =
        Refusals.of(e).map(r -> r.code() + ": " + r.getMessage()).orElse(e.toString());
    trouble = complaint;
    if (!complaint.equals(lastComplaint)) {
      LOG.warn("the service does not take this node's word: {}", complaint);
      LOG.debug("in full", e);
      lastComplaint = complaint;
    }
    Duration now = pause;
    // Never longer than between two beats: what a service bears while it answers it bears when it
    // comes back, and whoever waits for its nodes has them one beat later.
    Duration doubled = pause.multipliedBy(2);
    pause = doubled.compareTo(interval) < 0 ? doubled : interval;
    return now;
  }

  private void register() throws org.hospes.contract.registry.Refused {
    NodeSight.Fixed fixed = sight.fixed();
    NodeFacts facts = new NodeFacts();
    facts.setAgentAddress(fixed.agentAddress());
    facts.setHypervisor(fixed.hypervisor());
    facts.getCapability().addAll(fixed.capabilities());
    facts.setCpus(fixed.cpus());
    facts.setMemoryBytes(fixed.memoryBytes());
    facts.setDiskBytes(fixed.diskBytes());
    facts.setForwardAddress(fixed.forwardAddress());
    facts.setVersion(fixed.version());
    facts.setPlatform(fixed.platform());
    fixed.machine().ifPresent(facts::setMachine);
    Register request = new Register();
    request.setName(fixed.name());
    request.setFacts(facts);
    request.setReport(report());
    RegisterResponse response = registry.register(request);
    registered = true;
    interval = Duration.ofSeconds(Math.max(1, Math.min(300, response.getHeartbeatSeconds())));
    reaper.heard(response.getServiceInstance(), response.getEpoch(), List.of());
    LOG.info(
        "registered name={} instance={} epoch={} heartbeat={}s",
        fixed.name(),
        response.getServiceInstance(),
        response.getEpoch(),
        interval.toSeconds());
  }

  /** Whether the service still knows this node. */
  private boolean beat() throws org.hospes.contract.registry.Refused {
    Heartbeat request = new Heartbeat();
    request.setName(sight.fixed().name());
    request.setReport(report());
    HeartbeatResponse response = registry.heartbeat(request);
    List<UUID> unwanted = new ArrayList<>();
    for (String id : response.getUnwanted()) {
      unwanted.add(UUID.fromString(id));
    }
    reaper.heard(response.getServiceInstance(), response.getEpoch(), unwanted);
    return response.isKnown();
  }

  private static org.hospes.contract.node.ReceiptReference xml(ReceiptReference line) {
    var xml = new org.hospes.contract.node.ReceiptReference();
    xml.setChain(line.chain().toString());
    xml.setSequence(line.seq());
    xml.setDigest("sha256:" + line.sha256());
    return xml;
  }

  private NodeReport report() {
    NodeReport report = new NodeReport();
    report.setDiskFreeBytes(sight.diskFreeBytes());
    report.setPolicyDigest(sight.policyDigest().toString());
    sight.images().stream().map(Digest::toString).forEach(report.getImage()::add);
    sight.quarantined().stream().map(Digest::toString).forEach(report.getQuarantined()::add);
    sight.guests().stream().map(guests).forEach(report.getGuest()::add);
    sight.receiptHead().map(ServiceLink::xml).ifPresent(report::setReceiptHead);
    sight.warnings().stream().limit(MOST_WARNINGS).forEach(report.getWarning()::add);
    return report;
  }
}
