package org.hospes.repo.app;

import io.micrometer.core.instrument.Counter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.image.verify.EnforcedDigests;
import org.hospes.image.verify.ImageVerifier;
import org.hospes.image.verify.KnownDigests;
import org.hospes.image.verify.Thoroughness;
import org.hospes.repo.access.AccessLists;
import org.hospes.repo.access.AuditTrail;
import org.hospes.repo.access.Visitor;
import org.hospes.repo.catalogue.CatalogueSigner;
import org.hospes.repo.catalogue.PublicationBook;
import org.hospes.repo.catalogue.PublicationSigner;
import org.hospes.repo.endpoint.RefusingServlet;
import org.hospes.repo.endpoint.RepositoryEndpoint;
import org.hospes.repo.http.ImageServlet;
import org.hospes.repo.http.UploadServlet;
import org.hospes.repo.publishing.Commits;
import org.hospes.repo.publishing.Countersigning;
import org.hospes.repo.publishing.ImageRepository;
import org.hospes.repo.publishing.Intake;
import org.hospes.repo.publishing.SignedPairs;
import org.hospes.repo.store.RateLimit;
import org.hospes.repo.store.StoredDisks;
import org.hospes.repo.store.Uploads;
import org.hospes.settings.InvalidSettingsException;
import org.hospes.settings.Watched;
import org.hospes.trust.credential.CredentialException;
import org.hospes.trust.credential.WatchedCredential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.PathRules;
import org.hospes.wire.ops.OpsServer;
import org.hospes.wire.ops.Parts;
import org.hospes.wire.security.CallContext;
import org.hospes.wire.security.SecureServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running repository: all the {@code new}. Closing it stops everything, in reverse. */
final class RepositoryServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RepositoryServer.class);
  private static final long SWEEP_SECONDS = 600;
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(25);

  /** What the image policy has a say in. */
  private static final Set<String> JUDGED = Set.of("publish", "endorse");

  private final Parts open = new Parts();
  private final SecureServer server;
  private final OpsServer ops;

  RepositoryServer(RepositoryConfig config, Clock clock)
      throws IOException, InvalidSettingsException, CredentialException {
    try {
      PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
      AuditLog audit = new AuditLog(config.auditLog(), clock, metrics);
      keep(new StoreLock(config.store()));

      CertificateDirectory paths =
          keep(
              CertificateDirectory.open(
                  config.caDirectory(),
                  PathRules.strict()
                      .taking(config.legacyProxies(), config.sha1Certificates())
                      .rememberingIn(config.store().resolve("revocations-seen")),
                  CertificateDirectory.LOOK,
                  config.reload(),
                  clock));
      WatchedCredential credential =
          keep(WatchedCredential.open(config.hostCertificate(), config.hostKey(), config.reload()));
      Watched<ImagePolicy> policy = keep(watch(config.imagePolicy(), config, ImagePolicy::load));
      Watched<AccessLists> access = keep(watch(config.access(), config, AccessLists::load));
      policy.get().warnings().forEach(LOG::warn);
      policy.onChange(changed -> changed.warnings().forEach(LOG::warn));
      audit.watch(config.imagePolicy(), policy);
      audit.watch(config.access(), access);

      Path store = config.store();
      PublicationBook book = new PublicationBook(store.resolve("names"), store.resolve("incoming"));
      StoredDisks disks = new StoredDisks(store.resolve("disks"));
      disks.sweep(book.digests());
      Uploads uploads =
          new Uploads(
              store.resolve("uploads"),
              config.limits().partialLifetime(),
              config.limits().uploadsPerPublisher(),
              clock);
      uploads.sweep();
      CatalogueSigner catalogues =
          new CatalogueSigner(
              book, store.resolve("serial"), credential, config.catalogueValidity(), clock);
      PublicationSigner countersigner = new PublicationSigner(credential, clock);
      workBeside(uploads, new Countersigning(book, countersigner, paths));
      ImageVerifier verifier = new ImageVerifier(paths, policy, clock, Thoroughness.AT_PUBLISH);
      ImageRepository repository =
          new ImageRepository(
              book,
              disks,
              uploads,
              new Intake(uploads, disks, config.limits().maxImageSize()),
              keep(new Commits(ANSWER_WITHIN)),
              catalogues,
              countersigner,
              verifier,
              new KnownDigests(SignedPairs.open(store.resolve("sha1"), book), EnforcedDigests.NONE),
              access,
              judging(policy, audit),
              clock);

      RepositoryWatch watch =
          new RepositoryWatch(book, disks, catalogues, policy, access, credential, paths, clock);
      watch.register(metrics);
      Counter served = metrics.counter("hospes.repo.served.bytes");
      Counter uploaded = metrics.counter("hospes.repo.uploaded.bytes");
      RepositoryEndpoint endpoint =
          new RepositoryEndpoint(
              repository, config.address(), () -> visitor(CallContext.current()), watch::warnings);
      server =
          keep(
              endpoint
                  .addTo(SecureServer.at(config.listen()))
                  .credential(credential)
                  .paths(paths)
                  .listener(audit)
                  .metrics(metrics)
                  .remembering(config.store())
                  .clock(clock)
                  .bytes(
                      "/images/*",
                      new RefusingServlet(
                          new ImageServlet(
                              disks,
                              access,
                              RepositoryServer::visitor,
                              audit,
                              config.limits().downloadsAtOnce(),
                              served::increment)))
                  .bytes(
                      "/uploads/*",
                      new RefusingServlet(
                          new UploadServlet(
                              uploads,
                              access,
                              RepositoryServer::visitor,
                              audit,
                              new RateLimit(config.limits().uploadRate()),
                              config.limits().uploadsAtOnce(),
                              uploaded::increment)))
                  .start());
      ops = keep(new OpsServer(config.opsListen(), metrics, watch::health));
    } catch (IOException
        | InvalidSettingsException
        | CredentialException
        | RuntimeException
        | Error e) {
      close();
      throw e;
    }
  }

  private interface Load<T> {
    T from(Path file) throws InvalidSettingsException;
  }

  /** Whoever decides on images says by which version of the policy. */
  private static AuditTrail judging(Supplier<ImagePolicy> policy, AuditTrail audit) {
    return (event, outcome, visitor, facts) -> {
      Map<String, String> more = new LinkedHashMap<>(facts);
      if (JUDGED.contains(event)) {
        more.put("policy", policy.get().digest().toString());
      }
      audit.record(event, outcome, visitor, more);
    };
  }

  private static <T> Watched<T> watch(Path file, RepositoryConfig config, Load<T> load)
      throws IOException, InvalidSettingsException {
    return new Watched<>(List.of(file), config.reload(), () -> load.from(file));
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the work catches what it can throw
  private void workBeside(Uploads uploads, Countersigning countersigning) {
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(
            work -> {
              Thread thread = new Thread(work, "sweep");
              thread.setDaemon(true);
              return thread;
            });
    timer.execute(
        () -> {
          try {
            countersigning.addMissing();
          } catch (IOException | RuntimeException e) {
            LOG.error("publications of before could not be countersigned", e);
          }
        });
    timer.scheduleWithFixedDelay(
        () -> {
          try {
            uploads.sweep();
          } catch (IOException | RuntimeException e) {
            LOG.error("half uploads could not be swept", e);
          }
        },
        SWEEP_SECONDS,
        SWEEP_SECONDS,
        TimeUnit.SECONDS);
    keep(timer::shutdownNow);
  }

  private static Visitor visitor(HttpServletRequest request) {
    return visitor(CallContext.of(request));
  }

  private static Visitor visitor(CallContext call) {
    return new Visitor(
        call.caller().dn(), call.caller().proxy(), call.remoteAddress(), call.messageId());
  }

  private <T extends AutoCloseable> T keep(T part) {
    return open.keep(part);
  }

  int port() {
    return server.port();
  }

  int opsPort() {
    return ops.port();
  }

  @Override
  public void close() {
    open.close();
  }
}
