package org.hospes.service.app;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.service.endpoint.SiteFacts;
import org.hospes.service.node.Node;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.persistence.Database;
import org.hospes.trust.credential.CredentialSource;
import org.hospes.trust.path.CrlStatus;
import org.hospes.trust.path.PathValidator;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.wire.ops.Health;

/** What the site's operators should know: warnings, for {@code doctor}, and health. */
final class SiteWatch {
  private static final Duration CRL_SOON = Duration.ofDays(3);
  private static final Duration CERTIFICATE_SOON = Duration.ofDays(14);

  private final java.net.URI repository;
  private final Supplier<ImagePolicy> policy;
  private final PathValidator paths;
  private final CredentialSource host;
  private final NodeRegistry nodes;
  private final Database database;
  private final List<Supplier<Optional<String>>> problems;
  private final Supplier<List<String>> doubts;
  private final Supplier<List<String>> repositorySays;
  private final Clock clock;

  /**
   * Wires it.
   *
   * @param problems why something is not as it should be; empty when it is
   * @param doubts about rules that are good but can hardly be meant so
   * @param repositorySays what the repository has to say to operators, who own its files
   */
  SiteWatch(
      java.net.URI repository,
      Supplier<ImagePolicy> policy,
      PathValidator paths,
      CredentialSource host,
      NodeRegistry nodes,
      Database database,
      List<Supplier<Optional<String>>> problems,
      Supplier<List<String>> doubts,
      Supplier<List<String>> repositorySays,
      Clock clock) {
    this.repository = repository;
    this.policy = policy;
    this.paths = paths;
    this.host = host;
    this.nodes = nodes;
    this.database = database;
    this.problems = List.copyOf(problems);
    this.doubts = doubts;
    this.repositorySays = repositorySays;
    this.clock = clock;
  }

  SiteFacts facts() {
    return new SiteFacts(policy.get().digest(), warnings(), operatorWarnings(), repository);
  }

  List<String> warnings() {
    List<String> warnings = new ArrayList<>(policy.get().warnings());
    warnings.addAll(paths.unreadable());
    Instant now = clock.instant();
    for (CrlStatus crl : paths.crls()) {
      if (crl.nextUpdate() != null && crl.nextUpdate().isBefore(now.plus(CRL_SOON))) {
        warnings.add(
            "the CRL of "
                + crl.issuer()
                + (crl.nextUpdate().isAfter(now) ? " runs out at " : " ran out at ")
                + crl.nextUpdate()
                + "; then nobody of this CA can log in");
      }
    }
    Instant hostEnds = host.current().leaf().getNotAfter().toInstant();
    if (hostEnds.isBefore(now.plus(CERTIFICATE_SOON))) {
      warnings.add("the service's host certificate ends at " + hostEnds);
    }
    problems.forEach(problem -> problem.get().ifPresent(warnings::add));
    warnings.addAll(doubts.get());
    for (Node node : nodes.nodes()) {
      if (!node.report().policyDigest().equals(policy.get().digest())) {
        warnings.add("the image policy of node " + node.name() + " differs from the service's");
      }
      node.report().warnings().forEach(w -> warnings.add("node " + node.name() + ": " + w));
    }
    return warnings;
  }

  private List<String> operatorWarnings() {
    List<String> warnings = new ArrayList<>();
    repositorySays.get().forEach(said -> warnings.add("the repository: " + said));
    nodes
        .strangers()
        .forEach(
            (node, ids) ->
                warnings.add(
                    "node "
                        + node
                        + " has guests that the service's database does not know: "
                        + ids
                        + "; was it restored or emptied?"));
    return warnings;
  }

  Health health() {
    Map<String, String> parts = new LinkedHashMap<>();
    boolean stored = database.answers();
    parts.put("database", stored ? "answers" : "does not answer");
    String papers = "good until " + host.current().leaf().getNotAfter().toInstant();
    boolean trusted = true;
    try {
      paths.validate(host.current().chain());
    } catch (UntrustedPathException e) {
      trusted = false;
      papers = e.getMessage();
    }
    parts.put("host-certificate", papers);
    parts.put("nodes", nodes.alive().size() + " alive of " + nodes.nodes().size() + " registered");
    List<String> all = new ArrayList<>(warnings());
    all.addAll(operatorWarnings());
    parts.put("warnings", String.join(" | ", all));
    return new Health(stored && trusted, parts);
  }
}
