package org.hospes.client.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.hospes.client.Failure.Exit;
import org.hospes.client.ImagePapers;
import org.hospes.client.NameVersion;
import org.hospes.client.Session;
import org.hospes.image.BootInformation;
import org.hospes.trust.credential.Credential;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code workspace image sign}. */
@Command(
    name = "sign",
    description = "Describe a disk in FILE.manifest and sign that in FILE.cms.",
    footer = {
      "",
      "Anybody checks it with plain OpenSSL:",
      "  openssl cms -verify -binary -purpose any -crl_check_all -inform PEM \\",
      "    -in FILE.cms -content FILE.manifest -out /dev/null \\",
      "    -CApath /etc/grid-security/certificates",
      "  sha256sum FILE    # is the sha256 that FILE.manifest names"
    })
final class ImageSign extends Verb {
  @Parameters(paramLabel = "FILE", description = "The disk, raw or self-contained qcow2.")
  Path file;

  @Option(
      names = "--name",
      paramLabel = "NAME[:VERSION]",
      description = "Default: the file's name, and a version that follows from its bytes.")
  Optional<String> name = Optional.empty();

  @Option(
      names = "--vo",
      paramLabel = "VO",
      description = "The virtual organisation that it is for (default: any you sign for).")
  Optional<String> virtualOrganisation = Optional.empty();

  @Option(
      names = "--kernel",
      paramLabel = "NAME",
      description = "Boot a kernel of the site's list instead of the disk's own boot loader.")
  Optional<String> kernel = Optional.empty();

  @Option(names = "--command-line", paramLabel = "TEXT", description = "Of that kernel.")
  Optional<String> commandLine = Optional.empty();

  @Override
  Exit run(Session session) throws Exception {
    if (kernel.isEmpty() && commandLine.isPresent()) {
      throw usage("--command-line goes with --kernel");
    }
    Credential credential = session.signingCredential();
    session.paths().validate(credential.chain());
    BootInformation boot =
        kernel.isEmpty()
            ? BootInformation.OWN_LOADER
            : new BootInformation(BootInformation.Mode.SITE_KERNEL, kernel, commandLine);
    ImagePapers.Signed signed =
        ImagePapers.sign(
            file,
            name.map(NameVersion::parse).orElseGet(() -> NameVersion.of(file)),
            virtualOrganisation,
            boot,
            credential);
    Map<String, String> view = new LinkedHashMap<>();
    view.put("name", signed.content().name() + ":" + signed.content().version());
    view.put("digest", signed.content().sha256().toString());
    view.put("signer", signed.content().signer());
    view.put("manifest", signed.manifest().toString());
    view.put("signature", signed.signature().toString());
    output().print(view, out -> view.forEach((k, v) -> Summary.line(out, k, v)));
    return Exit.DONE;
  }
}
