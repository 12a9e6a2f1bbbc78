package org.hospes.trust.receipt;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What a file of the service's chain says, its own lines compared with each other. */
final class ServiceFile {
  private final String file;
  private final String service;
  private final Findings findings;
  private final PapersShelf shelf;
  private final SignatureChecks.OfFile checks;
  private final List<Word> words = new ArrayList<>();
  private Papers papers;
  private boolean papersWait;
  private ServiceLine last;
  private String lastHash;
  private String firstPrevious;
  private Instant lastAt = Instant.MIN;
  private Optional<Seal> seal = Optional.empty();

  /** What the service said of a chain: an enrolment names papers, a head a batch. */
  record Word(
      long seq,
      Instant at,
      UUID chain,
      String node,
      long to,
      String digest,
      String root,
      String file,
      long line) {
    boolean enrols() {
      return to == 0;
    }
  }

  ServiceFile(
      String file,
      String service,
      Findings findings,
      PapersShelf shelf,
      SignatureChecks.OfFile checks) {
    this.file = file;
    this.service = service;
    this.findings = findings;
    this.shelf = shelf;
    this.checks = checks;
  }

  void take(byte[] line, ReceiptLine read, LineSource source) {
    long number = source.number();
    if (seal.isPresent()) {
      findings.altered(file, number, "a line behind the seal", "the end of the file", "a line");
      return;
    }
    if (read instanceof Papers next) {
      if (papersWait || (papers != null && papers.digest().equals(next.digest()))) {
        findings.altered(
            file, number, "a certificate line", "one before its first use only", "one more");
      }
      papers = next;
      papersWait = true;
      shelf.belong(next, service, file, number);
    } else if (read instanceof ServiceLine said) {
      signed(line, said, number);
      chained(said, number);
      lastHash = ReceiptLine.hash(line);
    } else if (read instanceof Seal found) {
      signed(line, found, number);
      findings.same(file, number, "the service that sealed", service, found.service());
      findings.same(file, number, "lines before the seal", number - 1, found.lines());
      findings.same(file, number, "their digest", found.sha256(), source.digestBefore());
      seal = Optional.of(found);
    } else {
      findings.altered(
          file, number, "a line of another kind", "an enrolment, a head or a seal", kind(read));
    }
  }

  private void signed(byte[] line, SignedLine fields, long number) {
    papersWait = false;
    if (papers == null || !papers.digest().equals(fields.certificate())) {
      findings.altered(
          file,
          number,
          "whose key signed",
          papers == null ? "a certificate line before" : papers.digest(),
          fields.certificate());
      return;
    }
    if (fields.at().isBefore(lastAt)) {
      findings.altered(file, number, "the time", "none before " + lastAt, fields.at());
    }
    lastAt = fields.at();
    shelf.used(papers, fields.at(), file, number);
    checks.add(line, fields, papers, number);
  }

  private void chained(ServiceLine said, long number) {
    findings.same(file, number, "the service that countersigned", service, said.service());
    if (last == null) {
      firstPrevious = said.previous();
    } else {
      findings.same(file, number, "its place in the service's chain", last.seq() + 1, said.seq());
      findings.same(file, number, "the hash of the line before", lastHash, said.previous());
    }
    last = said;
    words.add(
        said instanceof Head head
            ? new Word(
                head.seq(),
                head.at(),
                head.chain(),
                head.node(),
                head.to(),
                head.batch(),
                head.root(),
                file,
                number)
            : new Word(
                said.seq(),
                said.at(),
                said.chain(),
                said.node(),
                0,
                ((Enrolment) said).papers(),
                "",
                file,
                number));
  }

  void end(long lines) {
    checks.flush();
    if (papersWait) {
      findings.altered(file, lines, "the last line", "a line that is signed", "a certificate");
    }
  }

  static String kind(ReceiptLine line) {
    return "a line of the kind "
        + line.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
  }

  String file() {
    return file;
  }

  List<Word> words() {
    return words;
  }

  String firstPrevious() {
    return firstPrevious;
  }

  String lastHash() {
    return lastHash;
  }

  Instant lastAt() {
    return lastAt;
  }

  Optional<Seal> seal() {
    return seal;
  }
}
