package org.hospes.client.cli;

import java.io.PrintStream;
import org.hospes.client.Failure.Exit;
import org.hospes.client.ImageView;
import org.hospes.client.Session;
import org.hospes.settings.ByteSize;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code workspace image show}. */
@Command(name = "show", description = "One image of the repository.")
final class ImageShow extends Verb {
  @Parameters(paramLabel = "NAME", description = "NAME[:VERSION][@sha256:HEX]")
  String reference;

  @Override
  Exit run(Session session) throws Exception {
    ImageView image = session.repository().describe(reference).entry();
    output().print(image, out -> print(image, out));
    return Exit.DONE;
  }

  static void print(ImageView image, PrintStream out) {
    Summary.line(out, "image", image.reference());
    Summary.line(out, "digest", image.digest());
    Summary.line(out, "manifest", image.manifestDigest());
    Summary.line(out, "signed by", image.signer() + " (" + image.form() + ")");
    Summary.line(out, "publisher", image.publisher());
    Summary.line(out, "size", ByteSize.format(image.sizeBytes()));
    Summary.line(out, "published", image.publishedAt());
    Summary.line(out, "retired", image.retiredAt());
  }
}
