package org.hospes.client.cli;

import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.hospes.client.Failure.Exit;
import org.hospes.client.Session;
import org.hospes.image.inspect.InspectionReport;
import org.hospes.settings.ByteSize;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code workspace image inspect}. */
@Command(
    name = "inspect",
    description =
        "Say whether a node would take a file as a disk, by the rule that the nodes go by.",
    footer = {
      "",
      "Reads a bounded part of the file, and needs neither papers nor a site. Who",
      "signed it is another question: see 'workspace image verify'. Exits with 0 or 5."
    })
final class ImageInspect extends Verb {
  @Parameters(paramLabel = "FILE", description = "Any file.")
  Path file;

  /** Without a session: the settings of whoever asks are no part of the answer. */
  @Override
  public Integer call() throws Exception {
    if (debug) {
      Logging.everything();
    }
    return inspect().code();
  }

  @Override
  Exit run(Session session) throws Exception {
    return inspect();
  }

  private Exit inspect() throws Exception {
    if (Files.notExists(file)) {
      throw new NoSuchFileException(file.toString());
    }
    // A pipe would be waited for, and a device has no length of its own.
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw usage("expected a file, found something else: " + file);
    }
    InspectionReport report = InspectionReport.of(file);
    output()
        .print(
            report,
            out -> {
              Summary.line(out, "accepted", report.accepted() ? "yes" : "no");
              Summary.line(out, "format", report.format());
              Summary.line(
                  out,
                  "size",
                  report.virtualSize() == null ? null : ByteSize.format(report.virtualSize()));
              report.reasons().forEach(reason -> Summary.line(out, "reason", reason));
            });
    return report.accepted() ? Exit.DONE : Exit.IMAGE_REFUSED;
  }
}
