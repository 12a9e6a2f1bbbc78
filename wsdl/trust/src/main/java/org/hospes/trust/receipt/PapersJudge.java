package org.hospes.trust.receipt;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Who judges the papers of those who signed; safe for use by several threads. */
@FunctionalInterface
public interface PapersJudge {
  /**
   * What is to be said of a chain.
   *
   * @param revoked since when a certificate of it is revoked, if one is
   * @param problems why it was not good at that time, revocations left out; empty when it was
   */
  record Judgement(Optional<Instant> revoked, List<String> problems) {
    /** Keeps its own copy. */
    public Judgement {
      problems = List.copyOf(problems);
    }
  }

  /** Judges a host's chain, leaf first, as of a time; revocations as they are known now. */
  Judgement judge(List<X509Certificate> chain, Instant at);
}
