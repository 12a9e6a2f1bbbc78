package org.hospes.client.cli;

import java.util.List;
import java.util.Optional;
import org.hospes.client.Failure.Exit;
import org.hospes.client.ImageView;
import org.hospes.client.Session;
import org.hospes.settings.ByteSize;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code workspace image list}. */
@Command(name = "list", description = "The repository's images.")
final class ImageList extends Verb {
  @Parameters(paramLabel = "NAME", arity = "0..1", description = "Only of this name.")
  String name;

  @Option(
      names = {"-a", "--all"},
      description = "Also retired ones.")
  boolean retired;

  @Override
  Exit run(Session session) throws Exception {
    List<ImageView> images = session.repository().list(Optional.ofNullable(name), retired);
    output()
        .print(
            images,
            out -> {
              Table table =
                  new Table("image", "size", "form", "published", "retired", "signer", "digest");
              for (ImageView i : images) {
                table.row(
                    i.reference(),
                    ByteSize.format(i.sizeBytes()),
                    i.form(),
                    i.publishedAt(),
                    i.retiredAt(),
                    i.signer(),
                    i.digest());
              }
              table.print(out);
            });
    return Exit.DONE;
  }
}
