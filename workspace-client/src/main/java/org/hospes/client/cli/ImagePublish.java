package org.hospes.client.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.hospes.client.Failure.Exit;
import org.hospes.client.ImagePapers;
import org.hospes.client.ImageView;
import org.hospes.client.NameVersion;
import org.hospes.client.Session;
import org.hospes.image.Manifest;
import org.hospes.image.SignedImage;
import org.hospes.image.manifest.ManifestFormat;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code workspace image publish}. */
@Command(
    name = "publish",
    description = "Bring a signed image into the site's repository.",
    footer = {
      "",
      "Without --signature, FILE.cms (with FILE.manifest), FILE.sha256 or FILE.sha1 is taken,",
      "the first that is there. The certificate of a classic signature is --certificate,",
      "FILE.pem, or your own."
    })
final class ImagePublish extends Verb {
  @Parameters(paramLabel = "FILE", description = "The disk.")
  Path file;

  @Option(
      names = "--name",
      paramLabel = "NAME[:VERSION]",
      description = "Default: as signed, or the file's name and a version from its bytes.")
  Optional<String> name = Optional.empty();

  @Option(names = "--signature", paramLabel = "FILE", description = "The signature.")
  Optional<Path> signature = Optional.empty();

  @Option(
      names = "--certificate",
      paramLabel = "PEM",
      description = "The certificate whose key made a classic signature.")
  Optional<Path> certificate = Optional.empty();

  @Override
  Exit run(Session session) throws Exception {
    SignedImage image =
        ImagePapers.gather(
            file,
            name.map(NameVersion::parse),
            signature,
            certificate,
            () -> session.signingCredential().chain());
    Manifest manifest = ManifestFormat.parse(image.manifest());
    long size = Files.size(file);
    ImageView published;
    try (Progress progress = new Progress(around())) {
      published =
          session
              .repository()
              .publish(
                  manifest.name(),
                  manifest.version(),
                  image,
                  file,
                  sent -> progress.at("uploading", sent, size));
    }
    output().print(published, out -> ImageShow.print(published, out));
    return Exit.DONE;
  }
}
