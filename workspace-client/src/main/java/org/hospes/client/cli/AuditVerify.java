package org.hospes.client.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.hospes.client.Failure.Exit;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.PathRules;
import org.hospes.trust.receipt.AuditFinding;
import org.hospes.trust.receipt.AuditResult;
import org.hospes.trust.receipt.ReceiptAudit;
import org.hospes.trust.receipt.TrustedPaths;
import org.hospes.wire.security.NativeCrypto;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/**
 * {@code workspace audit verify}: for any machine, with no papers and no site. {@code --service} is
 * a name here and not an address, which is why this is no {@link Verb}.
 */
@Command(
    name = "verify",
    synopsisHeading = "Usage: ",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    description = {
      "Check receipts of boots: that each is as its node wrote and signed it, that a service"
          + " countersigned it, and that none is missing, moved or added.",
      "Needs the CA directory and the service's name; no key is read, and no site is asked."
    },
    footer = {
      "",
      "Exit codes: 0 whole, 4 altered or not by that service, 3 not shown complete,",
      "2 wrong usage (also a file that cannot be read)."
    })
final class AuditVerify implements Callable<Integer> {
  @ParentCommand Group.Audit parent;
  @Spec CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      arity = "1..*",
      description =
          "Segments of nodes' receipts, the service's chain, receipts of a workspace; in any"
              + " order.")
  List<Path> files;

  @Option(
      names = "--service",
      paramLabel = "DN",
      required = true,
      description = "The name in the host certificate of the service whose word counts.")
  String service;

  @Option(
      names = "--ca-dir",
      paramLabel = "DIR",
      description =
          "CA certificates, signing policies and CRLs (default: $$X509_CERT_DIR, or"
              + " /etc/grid-security/certificates).")
  Optional<Path> caDirectory = Optional.empty();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORM",
      defaultValue = "table",
      description = "How data is printed: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  Output.Form form;

  @Override
  public Integer call() throws InterruptedException {
    Surroundings around = ((WorkspaceCommand) parent.parent).surroundings();
    DistinguishedName name = name();
    for (Path file : files) {
      if (!Files.isReadable(file) || !Files.isRegularFile(file)) {
        throw usage(file + ": a file that can be read expected");
      }
    }
    NativeCrypto.prefer();
    String named = around.environment().get("X509_CERT_DIR");
    Path directory =
        caDirectory.orElseGet(
            () ->
                Path.of(
                    named == null || named.isBlank() ? "/etc/grid-security/certificates" : named));
    try (CertificateDirectory paths =
        CertificateDirectory.open(
            directory, PathRules.strict(), Duration.ofHours(1), around.clock())) {
      AuditResult result =
          new ReceiptAudit(
                  name,
                  new TrustedPaths(paths, around.clock()),
                  Runtime.getRuntime().availableProcessors())
              .judge(files);
      new Output(form, around.out()).print(view(result), out -> print(result, out));
      return exit(result).code();
    } catch (IOException e) {
      throw usage(e.getMessage());
    }
  }

  private static Exit exit(AuditResult result) {
    return switch (result.verdict()) {
      case WHOLE -> Exit.DONE;
      case NOT_SHOWN_COMPLETE -> Exit.NOT_FOUND;
      case ALTERED -> Exit.NOT_AUTHENTICATED;
    };
  }

  private static String words(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static Map<String, Object> view(AuditResult result) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("verdict", words(result.verdict()));
    view.put("asOf", result.asOf().orElse(null));
    view.put("receipts", result.receipts());
    view.put("doubted", result.doubted());
    view.put("batches", result.batches());
    view.put("heads", result.heads());
    view.put("chains", result.chains());
    view.put("findings", result.findings().stream().map(AuditVerify::view).toList());
    return view;
  }

  private static Map<String, Object> view(AuditFinding finding) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("kind", words(finding.kind()));
    view.put("file", finding.file());
    view.put("line", finding.line());
    view.put("what", finding.what());
    view.put("expected", finding.expected());
    view.put("found", finding.found());
    return view;
  }

  private static void print(AuditResult result, PrintStream out) {
    Summary.line(out, "verdict", words(result.verdict()));
    result.asOf().ifPresent(at -> Summary.line(out, "as of", at));
    Summary.line(out, "receipts", result.receipts());
    if (result.doubted() > 0) {
      Summary.line(out, "DOUBTED", result.doubted() + " of them, by the service itself");
    }
    Summary.line(out, "signed batches", result.batches());
    Summary.line(out, "the service's lines", result.heads());
    Summary.line(out, "chains of nodes", result.chains());
    for (AuditFinding finding : result.findings()) {
      Summary.line(out, words(finding.kind()), finding);
    }
  }

  private DistinguishedName name() {
    try {
      return DistinguishedName.parse(service);
    } catch (IllegalArgumentException e) {
      throw usage("--service: " + e.getMessage());
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
