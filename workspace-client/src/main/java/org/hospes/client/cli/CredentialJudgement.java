package org.hospes.client.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import org.hospes.client.Failure.Exit;
import org.hospes.client.Session;
import org.hospes.trust.caller.CredentialCheck;
import org.hospes.trust.credential.CredentialException;
import org.hospes.trust.credential.PemCredentials;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.PathRules;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code workspace credential check}. */
@Command(
    name = "check",
    description = {
      "Say whether a site takes a certificate or proxy from who wants to start a workspace,"
          + " and if not, why: by the very rules that its service applies.",
      "No key is read, and no site is asked."
    },
    footer = {
      "",
      "Exit codes: 0 accepted, 4 refused, 2 wrong usage (also a file that is not PEM)."
    })
final class CredentialJudgement extends Verb {
  @Parameters(
      paramLabel = "CHAIN.pem",
      description =
          "A certificate alone, or a proxy with the chain up to its owner's certificate; a key"
              + " between them is passed over.")
  Path chain;

  @Option(
      names = "--ca-dir",
      paramLabel = "DIR",
      description =
          "The site's CA certificates, signing policies and CRLs (default: $$X509_CERT_DIR, or"
              + " /etc/grid-security/certificates).")
  Optional<Path> caDirectory = Optional.empty();

  @Option(
      names = "--vomsdir",
      paramLabel = "DIR",
      description =
          "The VOMS servers that the site trusts, VO/HOST.lsc (default: $$X509_VOMS_DIR, or"
              + " /etc/grid-security/vomsdir).")
  Optional<Path> vomsDirectory = Optional.empty();

  @Option(
      names = "--at",
      paramLabel = "TIME",
      description =
          "Judge validity as at this time, such as 2026-11-20T12:00:00Z (default: now; without a"
              + " zone: UTC). CRLs are always those of the present.")
  Optional<String> at = Optional.empty();

  @Option(
      names = "--limited-proxies",
      description = "As at a site with 'limited-proxies: true' in its access file.")
  boolean limitedProxies;

  @Option(
      names = "--legacy-proxies",
      description = "As at a site with 'legacy-proxies: true' in its settings.")
  boolean legacyProxies;

  @Option(
      names = "--refuse-sha1",
      description = "As at a site with 'sha1-certificates: refuse' in its settings.")
  boolean refuseSha1;

  @Override
  Exit run(Session session) {
    Instant when = at.map(this::time).orElseGet(() -> session.clock().instant());
    List<X509Certificate> certificates = certificates();
    Path directory = caDirectory.orElseGet(session::caDirectory);
    PathRules rules = PathRules.strict().taking(legacyProxies, !refuseSha1);
    try (CertificateDirectory paths =
        CertificateDirectory.open(directory, rules, Duration.ofHours(1), session.clock())) {
      CredentialCheck.Verdict verdict =
          new CredentialCheck(paths, voms(), limitedProxies).judge(certificates, when);
      output().print(verdict, out -> print(verdict, out));
      return verdict.accepted() ? Exit.DONE : Exit.NOT_AUTHENTICATED;
    } catch (IOException e) {
      throw usage(e.getMessage() + "; name the CA directory with --ca-dir or set X509_CERT_DIR");
    }
  }

  private List<X509Certificate> certificates() {
    try {
      return PemCredentials.certificates(chain);
    } catch (CredentialException e) {
      throw usage(e.getMessage());
    }
  }

  private Path voms() {
    String named = around().environment().get("X509_VOMS_DIR");
    return vomsDirectory.orElseGet(
        () -> Path.of(named == null || named.isBlank() ? "/etc/grid-security/vomsdir" : named));
  }

  private Instant time(String text) {
    try {
      if (!text.contains("T")) {
        return LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC);
      }
      return text.matches(".*T.*([Zz]|[+-]\\d\\d(:?\\d\\d)?)")
          ? OffsetDateTime.parse(text).toInstant()
          : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
    } catch (DateTimeParseException e) {
      throw usage("--at: a time such as 2026-11-20T12:00:00Z expected, found '" + text + "'");
    }
  }

  private static void print(CredentialCheck.Verdict verdict, PrintStream out) {
    Summary.line(out, "accepted", verdict.accepted() ? "yes" : "no");
    Summary.line(out, "dn", verdict.dn());
    CredentialCheck.Proxy proxy = verdict.proxy();
    if (proxy != null) {
      boolean tell = proxy.limited() && !proxy.kind().equals("limited");
      Summary.line(
          out, "proxy", proxy.kind() + (tell ? ", limited" : "") + ", depth " + proxy.depth());
    }
    verdict.fqans().forEach(fqan -> Summary.line(out, "fqan", fqan));
    verdict.reasons().forEach(reason -> Summary.line(out, "reason", reason));
  }
}
