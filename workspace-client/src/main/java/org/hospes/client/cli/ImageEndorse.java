package org.hospes.client.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.hospes.client.Failure.Exit;
import org.hospes.client.ImagePapers;
import org.hospes.client.RepositoryClient;
import org.hospes.client.Session;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.policy.Audience;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.image.signing.CmsSignatures;
import org.hospes.image.verify.ImageVerifier;
import org.hospes.image.verify.Thoroughness;
import org.hospes.image.verify.VerifiedPapers;
import org.hospes.trust.credential.Credential;
import org.hospes.wire.security.NativeCrypto;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code workspace image endorse}. */
@Command(
    name = "endorse",
    description = "Vouch for an image that somebody else signed.",
    footer = {
      "",
      "Of a name, the papers that are published are checked and the endorsement is kept beside",
      "them: compare the digest with that of the disk you looked at. Of a file that is signed by",
      "'workspace image sign', every byte is checked and the endorsement written beside it;",
      "'workspace image publish' sends it along."
    })
final class ImageEndorse extends Verb {
  @Parameters(paramLabel = "FILE-or-NAME", description = "A signed disk, or NAME[:VERSION].")
  String what;

  @Override
  Exit run(Session session) throws Exception {
    Credential credential = session.signingCredential();
    session.paths().validate(credential.chain());
    ImageVerifier verifier =
        new ImageVerifier(
            session.paths(), ImagePolicy::everySigner, session.clock(), Thoroughness.AT_PUBLISH);
    Path file = Path.of(what);
    Map<String, Object> view = new LinkedHashMap<>();
    if (Files.exists(file)) {
      NativeCrypto.prefer();
      SignedImage image =
          ImagePapers.gather(
              file, Optional.empty(), Optional.empty(), Optional.empty(), credential::chain);
      if (image.form() != SignatureForm.CMS) {
        throw usage(
            "beside "
                + what
                + " is a classic signature, and so no manifest to endorse; publish it, then endorse"
                + " it by its name");
      }
      var verified = verifier.verify(image, file, Audience.nobodyYet());
      view.put("endorsed", "every byte");
      view.put("digest", verified.digest().toString());
      view.put("signer", verified.signer().slash());
      view.put("endorsement", ImagePapers.endorse(file, image, credential).toString());
    } else {
      RepositoryClient.Described described = session.repository().describe(what);
      VerifiedPapers papers = verifier.verifyPapers(described.image(), Audience.nobodyYet());
      byte[] endorsement = CmsSignatures.sign(described.image().manifest(), credential);
      session
          .repository()
          .endorse(described.entry().name(), described.entry().version(), endorsement);
      view.put("endorsed", described.entry().reference());
      view.put("digest", papers.manifest().sha256().toString());
      view.put("signer", papers.signer().slash());
    }
    output().print(view, out -> view.forEach((k, v) -> Summary.line(out, k, v)));
    return Exit.DONE;
  }
}
