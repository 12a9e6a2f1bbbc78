package org.hospes.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
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
 * ends are read from the same stream of libvirt's events, on the clock of this machine. Of a large
 * image each round also tells {@code image.hash}, the seconds that hashing it takes: nobody boots
 * what was verified sooner than that.
 */
final class DeployTime {
  private final int rounds;
  private final int warmUps;
  private final Duration patience;

  /**
   * So many rounds after so many that do not count.
   *
   * @param patience with any step of a round
   */
  DeployTime(int rounds, int warmUps, Duration patience) {
    this.rounds = rounds;
    this.warmUps = warmUps;
    this.patience = patience;
  }

  /**
   * An image to deploy.
   *
   * @param suffix of the figures' names
   * @param reference NAME:VERSION in the site's repository
   * @param cache where the node's whole images are seen from here; empty: their hashing is not
   *     measured
   */
  record Image(String suffix, String reference, Optional<Path> cache) {}

  /** On the site that the environment names, as a person's commands would. */
  List<Figure> measure(Map<String, String> environment, List<Image> images) throws Exception {
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
      List<Figure> figures = new ArrayList<>();
      for (Image image : images) {
        figures.addAll(measure(site, node, image));
      }
      return figures;
    }
  }

  private List<Figure> measure(WorkspaceClient site, LibvirtNode node, Image image)
      throws Exception {
    String where = node.hypervisor().equals("qemu") ? "" : node.hypervisor() + ".";
    String name = where + "deploy.cached.over_libvirt" + image.suffix();
    String hashName = "image.hash" + image.suffix();
    Rounds deploys = new Rounds();
    Rounds hashes = new Rounds();
    List<Double> rest = new ArrayList<>();
    for (int i = -warmUps; i < rounds; i++) {
      Instant sent = Instant.now();
      String id = deploy(site, image.reference());
      String domain = GuestSpec.nameOf(UUID.fromString(id));
      double ours = seconds(sent, node.await("Resumed", domain, patience));
      WorkspaceView running = await(site, id, "RUNNING");
      DomainCopy copy = DomainCopy.of(node, domain);
      site.destroy(id);
      await(site, id, "DESTROYED");
      double theirs = copy.create(patience);
      copy.remove(patience);
      if (i >= 0) {
        deploys.add(name, ours, theirs);
        System.err.println("    " + story(running, sent));
      }
      if (image.cache().isPresent()) {
        FileHash hash = FileHash.of(image.cache().get(), running.image().digest());
        double java = hash.byJava();
        double openssl = hash.byOpenssl();
        if (i >= 0) {
          hashes.add(hashName, java, openssl);
          rest.add(ours - theirs - java);
        }
      }
    }
    List<Figure> figures = new ArrayList<>();
    figures.add(Figure.of(name, "s", "virsh create, s", deploys));
    if (image.cache().isPresent()) {
      figures.add(Figure.of(hashName, "s", "openssl dgst -sha256, s", hashes));
      System.err.printf(
          "  %s: above libvirt's own create and one SHA-256 of the file: %.3f s (median of the"
              + " rounds)%n",
          name, Rounds.median(rest));
    }
    return figures;
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
            Optional.of(Duration.ofHours(1)),
            List.of(DeployOrder.Forward.parse("80")),
            Optional.empty(),
            Optional.empty(),
            DeployOrder.OnCrash.END,
            false);
    return site.deploy(order).id();
  }

  private WorkspaceView await(WorkspaceClient site, String id, String state) throws Exception {
    Instant end = Instant.now().plus(patience);
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
