package org.hospes.client;

import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hospes.settings.Durations;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.credential.CredentialException;
import org.hospes.trust.path.CrlStatus;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.trust.path.ValidatedPath;
import org.hospes.wire.refusal.RefusalException;

/** Looks for what keeps a person from using a site, and for what soon will. */
public final class Checkup {
  private static final Duration SHORT_LIFE = Duration.ofHours(1);
  private static final Duration CRL_WARNING = Duration.ofDays(2);
  private static final Duration CLOCK_WARNING = Duration.ofSeconds(30);
  private static final Duration CLOCK_LIMIT = Duration.ofMinutes(5);

  private final Session session;
  private final List<Finding> findings = new ArrayList<>();

  public Checkup(Session session) {
    this.session = session;
  }

  /** How bad it is. */
  public enum Verdict {
    OK,
    WARN,
    BAD
  }

  /**
   * One thing that was looked at.
   *
   * @param mend what to do; empty when there is nothing to do
   */
  public record Finding(Verdict verdict, String what, String found, String mend) {}

  /** Looks at everything once; later checks are made even when earlier ones found something. */
  public List<Finding> findings() {
    Optional<Credential> papers = papers();
    boolean directory = caDirectory();
    if (directory) {
      crls();
      papers.ifPresent(this::chain);
    }
    if (directory && papers.isPresent()) {
      site();
      repository();
    }
    return List.copyOf(findings);
  }

  private Optional<Credential> papers() {
    try {
      Credential credential = session.credential();
      Instant end = credential.leaf().getNotAfter().toInstant();
      Duration left = Duration.between(session.clock().instant(), end);
      String who = DistinguishedName.ofSubject(credential.leaf()) + " from " + credential.origin();
      String mend = "Renew it: grid-proxy-init -rfc, or voms-proxy-init -rfc --voms VO.";
      if (left.isNegative()) {
        note(Verdict.BAD, "papers", who + ", expired at " + end, mend);
      } else if (left.compareTo(SHORT_LIFE) < 0) {
        note(Verdict.WARN, "papers", who + ", only " + words(left) + " left", mend);
      } else {
        note(Verdict.OK, "papers", who + ", " + words(left) + " left", "");
      }
      return Optional.of(credential);
    } catch (CredentialException e) {
      note(Verdict.BAD, "papers", e.getMessage(), e.advice().orElse(""));
      return Optional.empty();
    }
  }

  private boolean caDirectory() {
    String mend = "Set X509_CERT_DIR, or install your grid's CA package (IGTF).";
    if (!Files.isDirectory(session.caDirectory())) {
      note(Verdict.BAD, "ca directory", session.caDirectory() + " is not there", mend);
      return false;
    }
    try {
      int anchors = session.paths().anchors().size();
      note(
          anchors == 0 ? Verdict.BAD : Verdict.OK,
          "ca directory",
          session.caDirectory() + " holds " + anchors + " CA certificates",
          anchors == 0 ? mend : "");
      for (String unreadable : session.paths().unreadable()) {
        note(
            Verdict.WARN,
            "ca directory",
            unreadable,
            "Mend that file, or install that CA's package anew.");
      }
      return anchors > 0;
    } catch (RefusalException e) {
      note(Verdict.BAD, "ca directory", e.getMessage(), e.advice().orElse(mend));
      return false;
    }
  }

  private void crls() {
    Instant now = session.clock().instant();
    int fresh = 0;
    for (CrlStatus crl : session.paths().crls()) {
      String mend = "Run fetch-crl; without a CRL in force every login under this CA fails.";
      if (crl.nextUpdate() == null) {
        note(Verdict.WARN, "crl", crl.issuer() + ": never expires", "");
      } else if (crl.nextUpdate().isBefore(now)) {
        note(Verdict.BAD, "crl", crl.issuer() + ": expired at " + crl.nextUpdate(), mend);
      } else if (crl.nextUpdate().isBefore(now.plus(CRL_WARNING))) {
        note(Verdict.WARN, "crl", crl.issuer() + ": expires at " + crl.nextUpdate(), mend);
      } else {
        fresh++;
      }
    }
    note(Verdict.OK, "crl", fresh + " in force", "");
  }

  private void chain(Credential credential) {
    try {
      ValidatedPath path = session.paths().validate(credential.chain());
      note(Verdict.OK, "chain", "valid, " + path.endEntity() + ", proxy: " + path.proxy(), "");
    } catch (UntrustedPathException e) {
      note(
          Verdict.BAD,
          "chain",
          e.getMessage(),
          "The site will only answer with an alert: mend this first.");
    }
  }

  private void site() {
    NodesView site;
    Instant asked = session.clock().instant();
    try {
      site = session.workspaces().nodes();
    } catch (Exception e) {
      Failure failure = Failure.of(e);
      note(Verdict.BAD, "service", failure.message(), failure.advice());
      return;
    }
    note(Verdict.OK, "service", session.settings().service().map(Object::toString).orElse(""), "");
    Duration off = Duration.between(asked, site.now()).abs();
    String mend = "Set the clock: chrony or ntp.";
    if (off.compareTo(CLOCK_LIMIT) > 0) {
      note(Verdict.BAD, "clock", words(off) + " off the service's", mend);
    } else if (off.compareTo(CLOCK_WARNING) > 0) {
      note(Verdict.WARN, "clock", words(off) + " off the service's", mend);
    } else {
      note(Verdict.OK, "clock", "agrees with the service's", "");
    }
    for (NodesView.Node node : site.nodes()) {
      if (!node.alive()) {
        note(
            Verdict.WARN,
            "node " + node.name(),
            "silent since " + (node.lastHeard() == null ? "ever" : node.lastHeard()),
            "Its operator looks at the agent's log.");
      }
      if (node.policyDrifted()) {
        note(
            Verdict.WARN,
            "policy",
            node.name() + " has another image policy than the service: " + node.policyDigest(),
            "Bring the same image-policy.yaml to every node.");
      }
    }
    if (site.nodes().stream().noneMatch(NodesView.Node::policyDrifted)) {
      note(Verdict.OK, "policy", "the same on every node", "");
    }
    for (String warning : site.warnings()) {
      note(Verdict.WARN, "site", warning, "");
    }
  }

  private void repository() {
    try {
      int images = session.repository().list(Optional.empty(), false).size();
      note(Verdict.OK, "repository", images + " images", "");
    } catch (Exception e) {
      Failure failure = Failure.of(e);
      // Somebody who may run need not be a reader of the repository.
      Verdict verdict = failure.exit() == Failure.Exit.NOT_ALLOWED ? Verdict.WARN : Verdict.BAD;
      note(verdict, "repository", failure.message(), failure.advice());
    }
  }

  private void note(Verdict verdict, String what, String found, String mend) {
    findings.add(new Finding(verdict, what, found, mend));
  }

  private static String words(Duration duration) {
    return Durations.format(Duration.ofSeconds(duration.toSeconds()));
  }
}
