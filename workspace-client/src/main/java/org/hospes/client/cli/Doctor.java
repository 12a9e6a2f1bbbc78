package org.hospes.client.cli;

import java.util.List;
import org.hospes.client.Checkup;
import org.hospes.client.Failure.Exit;
import org.hospes.client.Session;
import picocli.CommandLine.Command;

/** {@code workspace doctor}. */
@Command(
    name = "doctor",
    description = "Check your papers, CA directory and clock, and the site; say how to mend it.")
final class Doctor extends Verb {
  @Override
  Exit run(Session session) {
    List<Checkup.Finding> findings = new Checkup(session).findings();
    output()
        .print(
            findings,
            out -> {
              for (Checkup.Finding f : findings) {
                out.println(
                    String.format(
                        "%-4s  %-14s  %s", f.verdict(), f.what(), Terminal.line(f.found())));
                if (!f.mend().isEmpty()) {
                  out.println("      -> " + Terminal.line(f.mend()));
                }
              }
            });
    return findings.stream().anyMatch(f -> f.verdict() == Checkup.Verdict.BAD)
        ? Exit.SITE_FAILED
        : Exit.DONE;
  }
}
