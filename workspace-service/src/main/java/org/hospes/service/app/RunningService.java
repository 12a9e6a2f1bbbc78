package org.hospes.service.app;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.image.verify.ImageVerifier;
import org.hospes.image.verify.Thoroughness;
import org.hospes.service.admission.AccessRules;
import org.hospes.service.admission.Accounts;
import org.hospes.service.admission.Admission;
import org.hospes.service.admission.CatalogueJudge;
import org.hospes.service.admission.Explanation;
import org.hospes.service.admission.LeaseExtension;
import org.hospes.service.admission.OneDiskPerSha1;
import org.hospes.service.admission.Rights;
import org.hospes.service.admission.RunPolicy;
import org.hospes.service.audit.AuditLog;
import org.hospes.service.audit.JsonLinesAuditLog;
import org.hospes.service.endpoint.ConsoleEndpoint;
import org.hospes.service.endpoint.DiskEndpoint;
import org.hospes.service.endpoint.WorkspaceEndpoint;
import org.hospes.service.imagesoap.SoapImageCatalogue;
import org.hospes.service.lifecycle.Evacuation;
import org.hospes.service.lifecycle.LifecycleDriver;
import org.hospes.service.lifecycle.LifecycleTimes;
import org.hospes.service.lifecycle.NewestPapers;
import org.hospes.service.lifecycle.Wishes;
import org.hospes.service.node.Drains;
import org.hospes.service.node.NodeGateway;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.nodesoap.RegistryEndpoint;
import org.hospes.service.nodesoap.SoapNodeGateway;
import org.hospes.service.nodesoap.TlsNodeFiles;
import org.hospes.service.nodesoap.UpgradedNodeConsoles;
import org.hospes.service.persistence.Database;
import org.hospes.service.persistence.JpaCatalogueMemory;
import org.hospes.service.persistence.JpaDrains;
import org.hospes.service.persistence.JpaReceiptStore;
import org.hospes.service.persistence.JpaSha1Pairs;
import org.hospes.service.persistence.JpaSightBook;
import org.hospes.service.persistence.JpaWorkspaceRepository;
import org.hospes.service.placement.Placement;
import org.hospes.service.receipt.HeadKeeper;
import org.hospes.service.receipt.ReceiptDesk;
import org.hospes.service.receipt.ReceiptFiles;
import org.hospes.service.receipt.ReceiptStore;
import org.hospes.service.sight.SightBook;
import org.hospes.service.sight.SightKeeper;
import org.hospes.service.sight.SightRounds;
import org.hospes.service.workspace.WorkspaceRepository;
import org.hospes.settings.InvalidSettingsException;
import org.hospes.settings.Watched;
import org.hospes.trust.caller.CallerReader;
import org.hospes.trust.credential.CredentialException;
import org.hospes.trust.credential.WatchedCredential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.PathRules;
import org.hospes.trust.receipt.TrustedPaths;
import org.hospes.wire.ops.OpsServer;
import org.hospes.wire.ops.Parts;
import org.hospes.wire.security.CallContext;
import org.hospes.wire.security.ClientLimits;
import org.hospes.wire.security.SecureClient;
import org.hospes.wire.security.SecureServer;
import org.hospes.wire.security.SecureServerSetup;
import org.hospes.wire.security.ServerLimits;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole service, wired: read the constructor from top to bottom. Open until {@link #close()},
 * which stops taking requests, lets the steps at work finish, and closes the database.
 */
final class RunningService implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RunningService.class);
  private static final long LARGEST_MESSAGE = 1 << 20;
  private static final Duration SIGHT_EVERY = Duration.ofMinutes(1);
  private static final Duration SIGHT_PACE = Duration.ofMillis(50);
  private static final Duration NODE_CONNECT = Duration.ofSeconds(5);
  private static final Duration NODE_ANSWER = Duration.ofSeconds(15);

  /** For each further byte of a file. */
  private static final Duration NODE_BYTE = Duration.ofSeconds(60);

  private final Parts open = new Parts();
  private final SecureServer server;
  private final OpsServer ops;

  /**
   * Starts everything; what was started is stopped again when something fails.
   *
   * @param crashAt see {@link CrashSeam}
   * @param lost runs when another service may have taken the database over
   */
  RunningService(ServiceSettings settings, Clock clock, Optional<String> crashAt, Runnable lost)
      throws IOException, InvalidSettingsException, CredentialException {
    try {
      // Whose papers count.
      if (settings.seenRevocations().getParent() != null) {
        Files.createDirectories(
            settings.seenRevocations().getParent(),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      PathRules rules =
          PathRules.strict()
              .taking(settings.legacyProxies(), settings.sha1Certificates())
              .rememberingIn(settings.seenRevocations());
      CertificateDirectory paths =
          opened(
              CertificateDirectory.open(
                  settings.caDirectory(),
                  rules,
                  CertificateDirectory.LOOK,
                  settings.refresh(),
                  clock));
      WatchedCredential host =
          opened(
              WatchedCredential.open(
                  settings.hostCertificate(), settings.hostKey(), settings.refresh()));
      CallerReader callers = new CallerReader(paths, settings.vomsDirectory(), clock);

      // Who may do what, and whose images boot.
      Watched<Accounts> accounts =
          opened(
              new Watched<>(
                  List.of(settings.gridMapfile()),
                  settings.refresh(),
                  () -> MapfileAccounts.load(settings.gridMapfile())));
      Watched<AccessRules> access =
          opened(
              new Watched<>(
                  List.of(settings.access()),
                  settings.refresh(),
                  () -> AccessFile.load(settings.access(), settings.vomsDirectory().isPresent())));
      Watched<ImageRules> images =
          opened(
              new Watched<>(
                  List.of(settings.imagePolicy()),
                  settings.refresh(),
                  () -> ImageRules.load(settings.imagePolicy())));
      Supplier<ImagePolicy> policy = () -> images.get().policy();

      // What is remembered.
      Database database = opened(Database.open(settings.database(), lost));
      SightBook sights = new JpaSightBook(database);
      SightKeeper seen = new SightKeeper(sights, paths, host, clock);
      ImageVerifier verifier = new ImageVerifier(paths, policy, clock, Thoroughness.AT_BOOT, seen);
      WorkspaceRepository workspaces =
          CrashSeam.around(new JpaWorkspaceRepository(database), crashAt);
      Supplier<RunPolicy> mayRun = () -> access.get().run().with(accounts.get());
      Rights rights = new Rights(mayRun, workspaces);
      PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
      JsonLinesAuditLog auditFile = new JsonLinesAuditLog(settings.auditLog());
      AuditLog audit = new CountingAuditLog(auditFile, meters);
      PolicyWatch.over(
          Map.of(
              settings.gridMapfile(), accounts,
              settings.access(), access,
              settings.imagePolicy(), images),
          audit,
          meters,
          clock);

      // What was booted.
      ReceiptStore receipts = new JpaReceiptStore(database);
      HeadKeeper heads =
          new HeadKeeper(
              receipts, new TrustedPaths(paths, clock), host, workspaces::placements, audit, clock);

      // Whom it talks to.
      SecureClient client =
          opened(
              new SecureClient(
                  host, paths, ClientLimits.defaults().withTimes(NODE_CONNECT, NODE_ANSWER)));
      NodeRegistry nodes =
          new NodeRegistry(clock, settings.nodeSilentAfter(), () -> access.get().nodes().values());
      NodeGateway gateway = new SoapNodeGateway(client, seen::statement, workspaces::newestToRun);
      SoapImageCatalogue catalogue =
          SoapImageCatalogue.at(
              settings.repositorySoap(),
              settings.repositoryName(),
              client,
              paths,
              new CatalogueJudge(new JpaCatalogueMemory(database), clock),
              clock);

      // What it does.
      Drains drains = new JpaDrains(database);
      Placement placement = new Placement(nodes, drains);
      LifecycleDriver lifecycle =
          opened(
              new LifecycleDriver(
                  workspaces,
                  nodes,
                  gateway,
                  new NewestPapers(image -> catalogue.resolve(image).papers(), seen::see, clock),
                  placement,
                  audit,
                  LifecycleTimes.usual().withPatience(settings.heartbeat(), settings.leaseGrace()),
                  clock));
      Wishes wishes = new Wishes(lifecycle, workspaces, nodes, placement, clock);
      Evacuation evacuation =
          opened(new Evacuation(wishes, workspaces, drains, settings.heartbeat(), clock));
      OneDiskPerSha1 oneDisk = new OneDiskPerSha1(new JpaSha1Pairs(database));
      Admission.Parties parties =
          new Admission.Parties(
              rights,
              catalogue,
              (papers, audience) -> {
                seen.see(papers);
                return oneDisk.require(papers, verifier.verifyPapers(papers, audience));
              },
              images,
              placement,
              workspaces,
              audit);
      Admission admission =
          new Admission(parties, settings.leaseDefault(), UUID::randomUUID, clock, lifecycle::wake);

      // Where it is asked.
      SiteWatch site =
          new SiteWatch(
              settings.repository(),
              policy,
              paths,
              host,
              nodes,
              database,
              List.of(
                  paths::memoryProblem,
                  host::lastProblem,
                  accounts::lastProblem,
                  access::lastProblem,
                  images::lastProblem,
                  heads::problem),
              () -> mayRun.get().warnings(),
              catalogue::warnings,
              clock);
      WorkspaceEndpoint people =
          new WorkspaceEndpoint(
              new WorkspaceEndpoint.Parties(
                  admission,
                  new LeaseExtension(rights, clock),
                  new Explanation(parties, settings.leaseDefault(), clock),
                  rights,
                  lifecycle,
                  wishes,
                  evacuation,
                  workspaces,
                  nodes,
                  drains,
                  gateway,
                  new ReceiptDesk(heads, new ReceiptFiles(receipts, heads)),
                  audit),
              site::facts,
              () -> access.get().nodes(),
              CallContext::current,
              clock);
      ConsoleEndpoint consoles =
          opened(
              new ConsoleEndpoint(
                  new ConsoleEndpoint.Parties(
                      rights, workspaces, nodes, new UpgradedNodeConsoles(client), audit),
                  settings.consoleIdle(),
                  clock));
      meters.gauge("hospes.consoles.attached", consoles, ConsoleEndpoint::count);
      DiskEndpoint disks =
          new DiskEndpoint(
              new DiskEndpoint.Parties(
                  rights, workspaces, nodes, new TlsNodeFiles(client, NODE_BYTE), audit),
              clock);
      meters.gauge("hospes.disks.sent.now", disks, DiskEndpoint::count);
      RegistryEndpoint agents =
          new RegistryEndpoint(
              nodes,
              workspaces,
              heads,
              access,
              () -> CallContext.current().caller().dn(),
              settings.heartbeat(),
              lifecycle::nodeHeard);
      opened(new ServiceMeters(meters, workspaces, nodes, paths, policy, auditFile, clock));
      ops = opened(new OpsServer(settings.opsListen(), meters, site::health));
      lifecycle.start();
      evacuation.start(settings.heartbeat());
      SightRounds rounds = opened(new SightRounds(catalogue, sights, seen, SIGHT_PACE, clock));
      rounds.start(SIGHT_EVERY);
      SecureServerSetup setup =
          SecureServer.at(settings.listen())
              .credential(host)
              .paths(paths)
              .callers(callers::read)
              .listener(new AuditedSecurity(audit, clock))
              .limits(ServerLimits.defaults().withMessageBytes(LARGEST_MESSAGE))
              .remembering(remembered(settings))
              .metrics(meters);
      server = opened(disks.on(consoles.on(agents.on(people.on(setup)))).start());
      // Those who are attached are told that it stops while there is a server to tell them.
      opened(consoles);
      policy.get().warnings().forEach(w -> LOG.warn("{}: {}", settings.imagePolicy(), w));
      mayRun.get().warnings().forEach(LOG::warn);
      access.onChange(fresh -> fresh.run().warnings().forEach(LOG::warn));
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  /** Beside the revocations seen: both are what the next start must know. */
  private static Path remembered(ServiceSettings settings) {
    return Objects.requireNonNull(settings.seenRevocations().toAbsolutePath().getParent());
  }

  /** The port of the SOAP endpoints. */
  int port() {
    return server.port();
  }

  /** The port of metrics and health. */
  int opsPort() {
    return ops.port();
  }

  /** Stops everything, the last started first. Repeating it does nothing. */
  @Override
  public void close() {
    open.close();
  }

  private <T extends AutoCloseable> T opened(T part) {
    return open.keep(part);
  }
}
