package org.hospes.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.hospes.client.DeployOrder;
import org.hospes.client.WorkspaceClient;
import org.hospes.client.WorkspaceView;
import org.hospes.node.hypervisor.GuestSpec;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.credential.PemCredentials;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.PathRules;
import org.hospes.wire.security.ClientLimits;
import org.hospes.wire.security.ExpectedServer;
import org.hospes.wire.security.SecureClient;

/**
 * {@code deploy.cached.over_libvirt}: seconds from sending a signed request, with a proxy, until
 * libvirt says that the guest's processors run, the image being in the node's cache; beside the
 * seconds that libvirt's own {@code create} of the same domain takes until it says the same. Both
 * ends are read from the same stream of libvirt's events, on the clock of this machine.
 */
final class DeployTime {
  private static final String NAME = "deploy.cached.over_libvirt";
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  private final int rounds;
  private final int warmUps;

  DeployTime(int rounds, int warmUps) {
    this.rounds = rounds;
    this.warmUps = warmUps;
  }

  /** On the site that the environment names, as a person's commands would. */
  List<Figure> measure(Map<String, String> environment, String image) throws Exception {
    Credential proxy = PemCredentials.loadProxy(Path.of(environment.get("X509_USER_PROXY")));
    URI service = URI.create(environment.get("HOSPES_SERVICE") + "/workspace");
    try (CertificateDirectory paths =
            CertificateDirectory.open(
                Path.of(environment.get("X509_CERT_DIR")),
                PathRules.strict(),
                Duration.ofMinutes(5),
                Clock.systemUTC());
        SecureClient client = new SecureClient(() -> proxy, paths, ClientLimits.defaults());
        LibvirtNode node = LibvirtNode.open("node1")) {
      WorkspaceClient site =
          new WorkspaceClient(client, service, ExpectedServer.host(service.getHost()));
      Rounds measured = new Rounds();
      for (int i = -warmUps; i < rounds; i++) {
        Instant sent = Instant.now();
        String id = deploy(site, image);
        String domain = GuestSpec.nameOf(UUID.fromString(id));
        double ours = seconds(sent, node.await("Resumed", domain, PATIENCE));
        WorkspaceView running = await(site, id, "RUNNING");
        DomainCopy copy = DomainCopy.of(node, domain);
        site.destroy(id);
        await(site, id, "DESTROYED");
        double theirs = copy.create(PATIENCE);
        copy.remove(PATIENCE);
        if (i >= 0) {
          measured.add(NAME, ours, theirs);
          System.err.println("    " + story(running, sent));
        }
      }
      return List.of(Figure.of(NAME, "s", "virsh create, s", measured));
    }
  }

  private static String deploy(WorkspaceClient site, String image) throws Exception {
    DeployOrder order =
        new DeployOrder(
            UUID.randomUUID().toString(),
            image,
            Optional.empty(),
            1,
            256L << 20,
            0,
            Duration.ofHours(1),
            List.of(DeployOrder.Forward.parse("80")),
            Optional.empty(),
            Optional.empty(),
            false);
    return site.deploy(order).id();
  }

  private static WorkspaceView await(WorkspaceClient site, String id, String state)
      throws Exception {
    Instant end = Instant.now().plus(PATIENCE);
    while (true) {
      WorkspaceView seen = site.describe(id);
      if (seen.state().equals(state)) {
        return seen;
      }
      if (seen.ended() || Instant.now().isAfter(end)) {
        throw new IOException(id + " is " + seen.state() + ": " + seen.reason());
      }
      Thread.sleep(50);
    }
  }

  private static double seconds(Instant from, Instant to) {
    return Duration.between(from, to).toNanos() / 1e9;
  }

  private static String story(WorkspaceView running, Instant sent) {
    return running.timeline().stream()
        .map(
            moment ->
                "%s +%d ms"
                    .formatted(moment.state(), Duration.between(sent, moment.at()).toMillis()))
        .collect(Collectors.joining(", "));
  }
}
