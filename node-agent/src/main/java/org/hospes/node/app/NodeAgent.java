package org.hospes.node.app;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.hospes.contract.registry.RegistryPort;
import org.hospes.image.fetch.TlsRangeSource;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.node.disk.DiskTools;
import org.hospes.node.disk.GuestDisks;
import org.hospes.node.disk.GuestVolumes;
import org.hospes.node.endpoint.AheadEndpoint;
import org.hospes.node.endpoint.ConsoleEndpoint;
import org.hospes.node.endpoint.FileEndpoint;
import org.hospes.node.endpoint.GuestXml;
import org.hospes.node.endpoint.NodeEndpoint;
import org.hospes.node.hypervisor.Capabilities;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.imagecache.ImageCache;
import org.hospes.node.journal.FileJournal;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.JournalWatcher;
import org.hospes.node.journal.ServiceMemory;
import org.hospes.node.journal.SetAside;
import org.hospes.node.libvirt.LibvirtGuestBridge;
import org.hospes.node.libvirt.LibvirtHypervisor;
import org.hospes.node.network.GuestNetwork;
import org.hospes.node.network.NatNetwork;
import org.hospes.node.sandbox.DiskMaker;
import org.hospes.node.sandbox.FileDisks;
import org.hospes.node.sandbox.FlatDiskExport;
import org.hospes.node.sandbox.GuestConsole;
import org.hospes.node.sandbox.GuestFolders;
import org.hospes.node.sandbox.GuestPapers;
import org.hospes.node.sandbox.GuestWatch;
import org.hospes.node.sandbox.Guests;
import org.hospes.node.sandbox.HandOvers;
import org.hospes.node.sandbox.HandedFiles;
import org.hospes.node.sandbox.Hooks;
import org.hospes.node.sandbox.NodeLimits;
import org.hospes.node.sandbox.Reaper;
import org.hospes.node.sandbox.Restraints;
import org.hospes.node.sandbox.SandboxWatch;
import org.hospes.node.sandbox.SnapshotOrders;
import org.hospes.node.sandbox.VolumeDisks;
import org.hospes.node.sandbox.Waiters;
import org.hospes.node.servicesoap.NodeSight;
import org.hospes.node.servicesoap.ReceiptLink;
import org.hospes.node.servicesoap.ServiceLink;
import org.hospes.settings.Watched;
import org.hospes.trust.credential.WatchedCredential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.PathRules;
import org.hospes.wire.bytes.Holes;
import org.hospes.wire.bytes.HolesInput;
import org.hospes.wire.ops.OpsServer;
import org.hospes.wire.ops.Parts;
import org.hospes.wire.security.CallContext;
import org.hospes.wire.security.ClientLimits;
import org.hospes.wire.security.ExpectedServer;
import org.hospes.wire.security.SecureClient;
import org.hospes.wire.security.SecureServer;
import org.hospes.wire.security.SecureServerSetup;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The agent: all its parts, from the bottom up. Closing it leaves the guests running. */
final class NodeAgent implements AutoCloseable {
  static final String SERVICE_FILE = "service.json";

  private static final Logger LOG = LoggerFactory.getLogger(NodeAgent.class);

  /** Half of the server's threads: the other half answers at once. */
  private static final int WAITERS = 32;

  /** As the contract says. */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);

  private static final Duration PEER_PATIENCE = Duration.ofSeconds(30);

  /** Shorter than the other side's. */
  private static final Duration AHEAD_PATIENCE = Duration.ofSeconds(20);

  private static final long WATCH_MILLIS = 1000;
  private static final long SANDBOX_MILLIS = 5000;
  private static final Duration CONSOLE_STALL = Duration.ofSeconds(60);

  private final Parts parts = new Parts();

  private NodeAgent() {}

  /**
   * Starts, having taken up every guest of the journal.
   *
   * @param kills watches the journal's writes
   * @throws Exception when a part cannot start; those that did are closed again
   */
  static NodeAgent start(NodeSettings settings, String version, JournalWatcher kills, Clock clock)
      throws Exception {
    NodeAgent agent = new NodeAgent();
    try {
      agent.assemble(settings, version, kills, clock);
      return agent;
    } catch (Exception | Error e) {
      agent.close();
      throw e;
    }
  }

  private void assemble(NodeSettings settings, String version, JournalWatcher kills, Clock clock)
      throws Exception {
    Path state = settings.stateDirectory();
    keep(StateLock.take(state));
    AuditLog audit = new AuditLog(settings.auditLog(), clock);
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    // Whose papers count, ours, and which images may boot.
    CertificateDirectory paths =
        keep(
            CertificateDirectory.open(
                settings.caDirectory(),
                PathRules.strict()
                    .taking(settings.legacyProxies(), settings.sha1Certificates())
                    .rememberingIn(state.resolve("revocations")),
                CertificateDirectory.LOOK,
                settings.refresh(),
                clock));
    WatchedCredential credential =
        keep(
            WatchedCredential.open(
                settings.hostCertificate(), settings.hostKey(), settings.refresh()));
    Watched<ImagePolicy> policy =
        keep(
            new Watched<>(
                List.of(settings.imagePolicy()),
                settings.refresh(),
                () -> ImagePolicy.load(settings.imagePolicy())));
    policy.get().warnings().forEach(warning -> LOG.warn("image policy: {}", warning));
    policy.onProblem(
        problem ->
            audit.record(
                "policy.mistaken",
                Map.of("problem", problem, "inForce", policy.get().digest().toString())));
    policy.onChange(
        now -> {
          LOG.info("image policy taken up digest={}", now.digest());
          audit.record("policy.changed", Map.of("digest", now.digest().toString()));
          now.warnings().forEach(warning -> LOG.warn("image policy: {}", warning));
        });
    SecureClient client = keep(new SecureClient(credential, paths, ClientLimits.defaults(), clock));

    // What guests are made of.
    Hypervisor hypervisor = keep(LibvirtHypervisor.open(settings.hypervisor(), clock));
    Capabilities capabilities = NodeVolumes.offered(settings, hypervisor.capabilities());
    Restraints restraints = new Restraints(hypervisor, settings.guestCaps());
    restraints.require();
    LibvirtGuestBridge bridge = keep(new LibvirtGuestBridge(settings.hypervisor().uri()));
    GuestNetwork network = keep(NatNetwork.open(settings.network(), bridge));
    NodeImages images =
        NodeImages.open(settings, client, paths, policy, parts, audit, clock, meters);
    ImageCache cache = images.cache();

    // The guests, as the journal knows them.
    FileJournal journal =
        keep(
            FileJournal.open(
                state.resolve("journal"), kills, clock, page -> recordDamage(audit, page)));
    ServiceMemory memory = ServiceMemory.open(state.resolve(SERVICE_FILE));
    GuestDisks fileDisks = new GuestDisks(DiskTools.usual(), capabilities.guestOwner());
    Optional<GuestVolumes> volumes = NodeVolumes.open(settings, journal, clock);
    GuestFolders folders =
        new GuestFolders(state.resolve("guests"), volumes.map(GuestVolumes::devices));
    NodeReceipts receipts =
        keep(
            NodeReceipts.open(
                state.resolve("receipts"), credential, id -> journal.find(id).isPresent(), clock));
    Hooks hooks =
        new Hooks(
            cache,
            network,
            volumes
                .map(all -> (DiskMaker) new VolumeDisks(all, fileDisks))
                .orElseGet(() -> new FileDisks(fileDisks)),
            folders,
            hypervisor,
            restraints,
            capabilities,
            settings.kernels(),
            memory::instance,
            receipts.of(policy, settings.serviceDn()),
            host ->
                new TlsRangeSource(
                    client.sslContext(ExpectedServer.dn(host)),
                    PEER_PATIENCE,
                    new TlsRangeSource.Manipulation(Holes.NAME, HolesInput::new)),
            clock);
    NodeLimits limits = NodeCapacity.of(settings, capabilities, volumes);
    Guests guests =
        keep(
            new Guests(
                journal,
                hooks,
                folders,
                hypervisor,
                limits,
                settings.patience(),
                new Waiters(WAITERS, LONGEST_WAIT),
                audit,
                clock));
    network.recover(
        journal.all().stream().map(GuestRecord::attachment).flatMap(a -> a.stream()).toList());
    guests.recover();
    GuestWatch watch = new GuestWatch(guests, hypervisor, settings.leaseGrace(), audit, clock);
    // Before anybody is answered: what may not run must hold no address that is given away.
    watch.look();
    every(WATCH_MILLIS, watch::look);
    every(WATCH_MILLIS, watch::keepLeases);
    SandboxWatch sandboxes = new SandboxWatch(network, restraints, guests, audit, meters);
    every(SANDBOX_MILLIS, sandboxes::look);

    GuestPapers standing =
        new GuestPapers(guests, images.judge(), () -> policy.get().endsRevoked(), audit, clock);
    TrustWatch trust = new TrustWatch(paths, policy, cache, standing::look);

    // Those who talk to it.
    Sight sight =
        new Sight(
            fixed(settings, version, capabilities, limits, network),
            state,
            policy,
            cache,
            guests,
            watch,
            network,
            memory,
            receipts,
            () ->
                Stream.concat(
                        journal.setAside().stream().map(SetAside::warning),
                        Stream.concat(
                            Stream.of(
                                    paths.problem(),
                                    sandboxes.warning(),
                                    trust.warning(),
                                    trust.quarantine(),
                                    standing.warning())
                                .flatMap(Optional::stream),
                            paths.warnings().stream()))
                    .toList());
    RegistryPort registry =
        ServiceLink.registry(client, settings.serviceAddress(), settings.serviceDn());
    receipts.sendOver(book -> new ReceiptLink(registry, settings.name(), book));
    ServiceLink link =
        keep(
            new ServiceLink(
                registry,
                sight,
                new GuestXml(receipts::newestOf),
                new Reaper(guests, memory, audit),
                receipts::send,
                clock));
    every(WATCH_MILLIS, () -> trust.look(link::soon));
    NodeMeters figures =
        new NodeMeters(link, watch, sandboxes, journal, memory, policy, credential, paths, clock);
    figures.register(meters, guests);
    keep(new OpsServer(settings.opsListen(), meters, figures::health));
    GuestConsole consoles = new GuestConsole(guests, folders, hypervisor);
    ConsoleEndpoint people =
        keep(
            new ConsoleEndpoint(consoles::open, audit, settings.serviceDn(), CONSOLE_STALL, clock));
    HandOvers handOvers = new HandOvers(guests, hooks, folders, limits, capabilities, audit, clock);
    every(SANDBOX_MILLIS, handOvers::look);
    NodeEndpoint endpoint =
        new NodeEndpoint(
            guests,
            new SnapshotOrders(guests, hooks, limits, clock),
            handOvers,
            consoles,
            audit,
            CallContext::current,
            settings.serviceDn());
    FileEndpoint files =
        new FileEndpoint(
            List.of(
                new FlatDiskExport(guests, folders, settings.serviceDn()),
                new HandedFiles(guests, folders)),
            audit);
    SecureServerSetup soap =
        endpoint.on(SecureServer.at(settings.listen()), settings.address().getPath());
    SecureServer server =
        keep(
            new AheadEndpoint(handOvers.offers(), audit, AHEAD_PATIENCE)
                .on(files.on(people.on(soap)))
                .credential(credential)
                .paths(paths)
                .listener(audit)
                .metrics(meters)
                .clock(clock)
                .start());
    // Those who are attached are told that it stops while there is a server to tell them.
    keep(people);
    link.start();
    LOG.info(
        "node-agent {} name={} port={} hypervisor=\"{}\" cpus={} memory={}",
        version,
        settings.name(),
        server.port(),
        capabilities.hypervisor(),
        limits.cpus(),
        limits.memoryBytes());
  }

  private static void recordDamage(AuditLog audit, SetAside page) {
    audit.record(
        "journal.set-aside",
        Map.of(
            "workspace",
            page.id().toString(),
            "page",
            page.page().toString(),
            "reason",
            page.problem()));
  }

  private static NodeSight.Fixed fixed(
      NodeSettings settings,
      String version,
      Capabilities capabilities,
      NodeLimits limits,
      GuestNetwork network) {
    return new NodeSight.Fixed(
        settings.name(),
        settings.address().toString(),
        capabilities.hypervisor(),
        capabilities.abilities().stream()
            .map(ability -> ability.name().toLowerCase(Locale.ROOT))
            .sorted()
            .toList(),
        limits.cpus(),
        limits.memoryBytes(),
        limits.diskBytes(),
        network.forwardAddress(),
        version,
        capabilities.platform(),
        capabilities.machine());
  }

  @SuppressWarnings("FutureReturnValueIgnored") // a look at the guests never throws
  private void every(long millis, Runnable task) {
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(
            run -> {
              Thread thread = new Thread(run, "guest watch");
              thread.setDaemon(true);
              return thread;
            });
    timer.scheduleWithFixedDelay(task, millis, millis, TimeUnit.MILLISECONDS);
    keep(timer::shutdown);
  }

  private <T extends AutoCloseable> T keep(T part) {
    return parts.keep(part);
  }

  /** Ends the parts, the last one first; guests go on and are found at the next start. */
  @Override
  public void close() {
    parts.close();
  }
}
