package org.hospes.trust.receipt;

import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.PathProblem;
import org.hospes.trust.path.ProxyKind;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.trust.path.ValidatedPath;

/** The judge that everything else is judged by, at the time of the receipts. */
public final class TrustedPaths implements PapersJudge {
  private static final String REVOKED = "path.revoked";

  /** A signer's clock may be ahead of this machine's by so much. */
  private static final Duration SKEW = Duration.ofMinutes(5);

  private final CertificateDirectory paths;
  private final Clock clock;

  /** Judges by a CA directory, which stays the caller's to close. */
  public TrustedPaths(CertificateDirectory paths, Clock clock) {
    this.paths = paths;
    this.clock = clock;
  }

  @Override
  public Judgement judge(List<X509Certificate> chain, Instant signed) {
    Instant now = clock.instant();
    // No path is judged at a time that has not come: a line may be that young.
    Instant at = signed.isAfter(now) && signed.isBefore(now.plus(SKEW)) ? now : signed;
    Optional<Instant> revoked = paths.revokedSince(chain);
    List<String> problems = new ArrayList<>();
    try {
      ValidatedPath path = paths.validate(chain, at);
      if (path.proxy() != ProxyKind.NONE) {
        problems.add(path.endEntity() + " signed by a proxy, which signs no receipts");
      }
    } catch (UntrustedPathException e) {
      for (PathProblem problem : e.problems()) {
        boolean dated =
            revoked.isPresent() && problem.position() >= 0 && problem.code().equals(REVOKED);
        if (!dated) {
          problems.add(problem.message());
        }
      }
    }
    return new Judgement(revoked, problems);
  }
}
