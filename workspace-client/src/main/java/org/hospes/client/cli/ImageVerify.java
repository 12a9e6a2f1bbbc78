package org.hospes.client.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hospes.client.Failure.Exit;
import org.hospes.client.ImagePapers;
import org.hospes.client.RepositoryClient;
import org.hospes.client.Session;
import org.hospes.image.policy.Audience;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.image.verify.ImageVerifier;
import org.hospes.image.verify.Thoroughness;
import org.hospes.image.verify.VerifiedImage;
import org.hospes.image.verify.VerifiedPapers;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.security.NativeCrypto;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code workspace image verify}. */
@Command(
    name = "verify",
    description =
        "Check an image as a node would: a file with the signature beside it, byte for byte, or"
            + " the papers of a name in the repository.")
final class ImageVerify extends Verb {
  @Parameters(paramLabel = "FILE-or-NAME", description = "A disk, or NAME[:VERSION].")
  String what;

  @Option(names = "--signature", paramLabel = "FILE", description = "The signature.")
  Optional<Path> signature = Optional.empty();

  @Option(
      names = "--certificate",
      paramLabel = "PEM",
      description = "The certificate of a classic signature.")
  Optional<Path> certificate = Optional.empty();

  @Option(
      names = "--policy",
      paramLabel = "FILE",
      description = "An image policy to hold it against (default: any signer your CAs vouch for).")
  Optional<Path> policyFile = Optional.empty();

  @Override
  Exit run(Session session) throws Exception {
    ImagePolicy policy =
        policyFile.isPresent() ? ImagePolicy.load(policyFile.get()) : ImagePolicy.everySigner();
    ImageVerifier verifier =
        new ImageVerifier(session.paths(), () -> policy, session.clock(), Thoroughness.AT_PUBLISH);
    Map<String, Object> view = new LinkedHashMap<>();
    Path file = Path.of(what);
    if (Files.exists(file)) {
      NativeCrypto.prefer();
      VerifiedImage image =
          verifier.verify(
              ImagePapers.gather(
                  file,
                  Optional.empty(),
                  signature,
                  certificate,
                  () -> session.signingCredential().chain()),
              file,
              Audience.nobodyYet());
      view.put("verified", "every byte");
      view.put("digest", image.digest().toString());
      view.put("signer", image.signer().slash());
      endorsers(view, image.endorsers());
      view.put("form", image.form().name());
      view.put("format", image.format().name());
    } else {
      RepositoryClient.Described described = session.repository().describe(what);
      VerifiedPapers papers = verifier.verifyPapers(described.image(), Audience.nobodyYet());
      view.put("verified", "the papers; the bytes are checked by each node before each boot");
      view.put("image", described.entry().reference());
      view.put("digest", papers.manifest().sha256().toString());
      view.put("signer", papers.signer().slash());
      endorsers(view, papers.endorsers());
      view.put("form", papers.form().name());
      view.put("format", papers.manifest().format().name());
    }
    output().print(view, out -> view.forEach((k, v) -> Summary.line(out, k, v)));
    return Exit.DONE;
  }

  private static void endorsers(Map<String, Object> view, Set<DistinguishedName> endorsers) {
    if (!endorsers.isEmpty()) {
      view.put("endorsers", endorsers.stream().map(DistinguishedName::slash).sorted().toList());
    }
  }
}
