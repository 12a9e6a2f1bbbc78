package org.hospes.trust.receipt;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.hospes.trust.path.DistinguishedName;

/** The papers of all who signed, each judged a few times however many lines it signed. */
final class PapersShelf {
  private final PapersJudge judge;
  private final Findings findings;
  private final Map<String, Known> known = new HashMap<>();

  /** Where papers were used, and when. */
  private record Use(Instant at, String file, long line) {}

  private static final class Known {
    final Papers papers;
    final Optional<String> name;
    final Instant from;
    final Instant to;
    final Optional<Instant> revoked;
    Use first;
    Use last;
    boolean told;

    Known(Papers papers, Optional<String> name, Instant from, Instant to, Optional<Instant> gone) {
      this.papers = papers;
      this.name = name;
      this.from = from;
      this.to = to;
      this.revoked = gone;
    }
  }

  PapersShelf(PapersJudge judge, Findings findings) {
    this.judge = judge;
    this.findings = findings;
  }

  /** Whether the papers are those of the name. */
  boolean belong(Papers papers, String name, String file, long line) {
    return findings.same(
        file, line, "whose papers these are", name, name(papers).orElse("no name at all"));
  }

  /** Looks whether the papers were good at a time; what is found is said of the line. */
  synchronized void used(Papers papers, Instant at, String file, long line) {
    Known entry = known.computeIfAbsent(papers.digest(), digest -> known(papers, at));
    if (at.isBefore(entry.from) || at.isAfter(entry.to)) {
      findings.altered(
          file,
          line,
          "the certificate of " + entry.name.orElse("nobody"),
          "one in force at " + at,
          "one in force from " + entry.from + " to " + entry.to);
      return;
    }
    if (entry.revoked.isPresent()) {
      if (!at.isBefore(entry.revoked.get())) {
        findings.altered(
            file,
            line,
            "the certificate of " + entry.name.orElse("nobody"),
            "one not revoked at " + at,
            "one revoked since " + entry.revoked.get());
        return;
      }
      if (!entry.told) {
        entry.told = true;
        findings.note(
            file,
            line,
            "the certificate of " + entry.name.orElse("nobody"),
            "revoked since " + entry.revoked.get() + "; what it signed before that holds");
      }
    }
    Use use = new Use(at, file, line);
    entry.first = entry.first == null || at.isBefore(entry.first.at) ? use : entry.first;
    entry.last = entry.last == null || at.isAfter(entry.last.at) ? use : entry.last;
  }

  /** Judges each of the papers at its first and its last use, between which lie all others. */
  synchronized void judge() {
    for (Known entry : known.values()) {
      if (entry.first != null) {
        judge(entry.papers, entry.first);
        if (!entry.first.at.equals(entry.last.at)) {
          judge(entry.papers, entry.last);
        }
      }
    }
  }

  private void judge(Papers papers, Use use) {
    PapersJudge.Judgement judgement = judge.judge(papers.chain(), use.at);
    if (!judgement.problems().isEmpty()) {
      findings.altered(
          use.file,
          use.line,
          "the papers of " + name(papers).orElse("nobody"),
          "a chain that is trusted here at " + use.at,
          String.join("; ", judgement.problems()));
    }
  }

  private Known known(Papers papers, Instant at) {
    Instant from =
        papers.chain().stream()
            .map(certificate -> certificate.getNotBefore().toInstant())
            .max(Instant::compareTo)
            .orElseThrow();
    Instant to =
        papers.chain().stream()
            .map(certificate -> certificate.getNotAfter().toInstant())
            .min(Instant::compareTo)
            .orElseThrow();
    Instant within = at.isBefore(from) ? from : at.isAfter(to) ? to : at;
    return new Known(papers, name(papers), from, to, judge.judge(papers.chain(), within).revoked());
  }

  static Optional<String> name(Papers papers) {
    try {
      return Optional.of(DistinguishedName.ofSubject(papers.leaf()).slash());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
