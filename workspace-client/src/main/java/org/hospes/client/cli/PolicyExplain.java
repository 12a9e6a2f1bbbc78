package org.hospes.client.cli;

import java.util.List;
import java.util.Optional;
import org.hospes.client.DecisionView;
import org.hospes.client.Failure.Exit;
import org.hospes.client.PolicyQuestion;
import org.hospes.client.Session;
import org.hospes.client.WorkspaceClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code workspace policy explain}. */
@Command(
    name = "explain",
    description = "Say what the site's policies would decide, and by which rule of which file.",
    footer = {
      "",
      "Nothing is deployed. Exits with 0, with 6 when it may not run, or with 5 when it",
      "is the image that may not boot. It is the service's word: each node judges the",
      "image once more by its own copy of the image policy, and 'workspace node list'",
      "says whose copy differs."
    })
final class PolicyExplain extends Verb {
  @Parameters(
      paramLabel = "IMAGE[@DIGEST]",
      arity = "0..1",
      description = "Whether this one would boot, too; left out, only who may run is asked.")
  Optional<String> image = Optional.empty();

  @Mixin ResourceOptions resources;

  @Option(
      names = "--dn",
      paramLabel = "DN",
      description = "What would be said to somebody else. For operators.")
  Optional<String> dn = Optional.empty();

  @Option(
      names = "--fqan",
      paramLabel = "FQAN",
      description =
          "With these VOMS attributes, such as /atlas/Role=production, the primary one first; may"
              + " be repeated. For operators.")
  List<String> fqans = List.of();

  @Override
  Exit run(Session session) throws Exception {
    PolicyQuestion question =
        new PolicyQuestion(
            image,
            resources.cpus,
            resources.memoryBytes(),
            resources.scratchBytes(),
            resources.lease(),
            dn,
            fqans);
    WorkspaceClient site = session.workspaces();
    List<DecisionView> decisions =
        new Insistence(session.clock()).ask(() -> site.explain(question));
    output().print(decisions, out -> decisions.forEach(decision -> Summary.print(decision, out)));
    return decisions.stream()
        .filter(decision -> !decision.accepted())
        .findFirst()
        .map(refused -> refused.function().equals("IMAGE") ? Exit.IMAGE_REFUSED : Exit.NOT_ALLOWED)
        .orElse(Exit.DONE);
  }
}
