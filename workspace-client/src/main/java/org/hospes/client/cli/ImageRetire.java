package org.hospes.client.cli;

import java.util.Optional;
import org.hospes.client.Failure.Exit;
import org.hospes.client.ImageView;
import org.hospes.client.NameVersion;
import org.hospes.client.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code workspace image retire}. */
@Command(name = "retire", description = "No new deployment of this version; running ones go on.")
final class ImageRetire extends Verb {
  @Parameters(paramLabel = "NAME:VERSION", description = "Which.")
  String image;

  @Option(names = "--why", paramLabel = "TEXT", description = "Shown to whoever asks for it.")
  Optional<String> why = Optional.empty();

  @Override
  Exit run(Session session) throws Exception {
    NameVersion name = NameVersion.parse(image);
    String version =
        name.version().orElseThrow(() -> usage("say which version: NAME:VERSION, found " + image));
    ImageView retired = session.repository().retire(name.name(), version, why);
    output().print(retired, out -> ImageShow.print(retired, out));
    return Exit.DONE;
  }
}
