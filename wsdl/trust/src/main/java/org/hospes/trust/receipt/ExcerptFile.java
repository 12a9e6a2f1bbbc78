package org.hospes.trust.receipt;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * A file with the receipts of one workspace, or one of the pages of such a file: each receipt with
 * its proof and the batches up to one that the service countersigned, then the service's enrolments
 * and heads, then its seal.
 */
final class ExcerptFile {
  private final String file;
  private final String service;
  private final Findings findings;
  private final PapersShelf shelf;
  private final SignatureChecks.OfFile checks;
  private final long begin;
  private final List<Group> groups = new ArrayList<>();
  private final Set<String> seen = new HashSet<>();
  private final Map<String, ServiceFile.Word> heads = new HashMap<>();
  private final Map<String, ServiceFile.Word> enrolments = new HashMap<>();
  private Excerpt opening;
  private Papers papers;
  private boolean papersWait;
  private ServiceLine lastSaid;
  private Seal seal;

  private static final class Group {
    final Receipt receipt;
    final byte[] line;
    final long number;
    Doubt doubt;
    Proof proof;
    Batch first;
    Batch last;
    String lastHash;
    final List<Signed> batches = new ArrayList<>();

    Group(Receipt receipt, byte[] line, long number) {
      this.receipt = receipt;
      this.line = line;
      this.number = number;
    }

    boolean untouched() {
      return doubt == null && proof == null && first == null;
    }
  }

  private record Signed(Batch batch, Papers papers, long number) {}

  /**
   * A file, or a page of it.
   *
   * @param begin the number of its first line
   */
  ExcerptFile(
      String file,
      String service,
      Findings findings,
      PapersShelf shelf,
      SignatureChecks.OfFile checks,
      long begin) {
    this.begin = begin;
    this.file = file;
    this.service = service;
    this.findings = findings;
    this.shelf = shelf;
    this.checks = checks;
  }

  /** Whether that is the next page of the same receipts, in its place behind the seal. */
  boolean goesOnWith(Excerpt next) {
    return seal != null
        && opening != null
        && opening.workspace().equals(next.workspace())
        && opening.to().equals(Optional.of(next.after()));
  }

  void take(byte[] line, ReceiptLine read, LineSource source) {
    long number = source.number();
    Group group = groups.isEmpty() ? null : groups.get(groups.size() - 1);
    if (seal != null) {
      findings.altered(file, number, "a line behind the seal", "the end of the file", "a line");
    } else if (read instanceof Excerpt start && opening == null) {
      opening = start;
    } else if (read instanceof Receipt receipt && lastSaid == null) {
      take(line, receipt, number);
    } else if (read instanceof Doubt doubt && group != null && group.untouched()) {
      group.doubt = doubt;
      findings.note(
          file,
          number,
          "receipt "
              + group.receipt.seq()
              + " of chain "
              + group.receipt.chain()
              + " is doubted by the service",
          doubt.why());
    } else if (read instanceof Proof proof && group != null && group.proof == null) {
      group.proof = proof;
    } else if (read instanceof Papers next) {
      if (papersWait || (papers != null && papers.digest().equals(next.digest()))) {
        findings.altered(
            file, number, "a certificate line", "one before its first use only", "one more");
      }
      papers = next;
      papersWait = true;
    } else if (read instanceof Batch batch && group != null && lastSaid == null) {
      take(line, batch, group, number);
    } else if (read instanceof ServiceLine said) {
      take(line, said, number);
    } else if (read instanceof Seal found) {
      findings.same(file, number, "the service that sealed", service, found.service());
      findings.same(file, number, "lines before the seal", number - begin, found.lines());
      findings.same(file, number, "their digest", found.sha256(), source.digestBefore());
      byService(line, found, number);
      seal = found;
    } else {
      findings.altered(
          file, number, "a line in its place", "another kind of line", ServiceFile.kind(read));
    }
  }

  private void take(byte[] line, Receipt receipt, long number) {
    findings.same(file, number, "the workspace", opening.workspace(), receipt.workspace());
    if (!seen.add(receipt.chain() + "/" + receipt.seq())) {
      findings.altered(
          file, number, "a receipt", "each once", "number " + receipt.seq() + " again");
    }
    groups.add(new Group(receipt, line, number));
  }

  private void take(byte[] line, Batch batch, Group group, long number) {
    if (!signed(line, batch, number)) {
      return;
    }
    shelf.belong(papers, group.receipt.node(), file, number);
    findings.same(file, number, "the chain", group.receipt.chain(), batch.chain());
    if (group.first == null) {
      group.first = batch;
    } else {
      findings.same(file, number, "the batch before", group.lastHash, batch.previousBatch());
      findings.same(file, number, "the first of the batch", group.last.to() + 1, batch.from());
    }
    group.last = batch;
    group.lastHash = ReceiptLine.hash(line);
    group.batches.add(new Signed(batch, papers, number));
  }

  private void take(byte[] line, ServiceLine said, long number) {
    findings.same(file, number, "the service that countersigned", service, said.service());
    byService(line, said, number);
    if (lastSaid != null && (said.seq() <= lastSaid.seq() || said.at().isBefore(lastSaid.at()))) {
      findings.altered(file, number, "its place", "behind " + lastSaid.seq(), said.seq());
    }
    lastSaid = said;
    if (said instanceof Head head) {
      heads.put(head.batch(), word(head, head.to(), head.batch(), head.root(), number));
    } else if (said instanceof Enrolment enrolment) {
      enrolments.put(
          enrolment.chain() + "/" + enrolment.papers(),
          word(enrolment, 0, enrolment.papers(), "", number));
    }
  }

  private ServiceFile.Word word(ServiceLine said, long to, String digest, String root, long line) {
    return new ServiceFile.Word(
        said.seq(), said.at(), said.chain(), said.node(), to, digest, root, file, line);
  }

  private void byService(byte[] line, SignedLine fields, long number) {
    if (signed(line, fields, number) && shelf.belong(papers, service, file, number)) {
      shelf.used(papers, fields.at(), file, number);
    }
  }

  private boolean signed(byte[] line, SignedLine fields, long number) {
    papersWait = false;
    if (papers == null || !papers.digest().equals(fields.certificate())) {
      findings.altered(
          file,
          number,
          "whose key signed",
          papers == null ? "a certificate line before" : papers.digest(),
          fields.certificate());
      return false;
    }
    checks.add(line, fields, papers, number);
    return true;
  }

  void end(long lines) {
    checks.flush();
    groups.forEach(this::judge);
    if (papersWait) {
      findings.altered(file, lines, "the last line", "a line that is signed", "a certificate");
    }
    if (seal == null) {
      findings.notShown(file, 0, "the end of the file", "the service's seal", "none");
    }
    if (opening != null && opening.to().isPresent()) {
      long receipts = opening.to().get() - opening.after();
      findings.same(file, begin, "receipts of the page", receipts, receipts());
    }
  }

  private void judge(Group group) {
    Receipt receipt = group.receipt;
    String what = "receipt " + receipt.seq() + " of chain " + receipt.chain();
    if (group.proof == null || group.first == null) {
      findings.notShown(file, group.number, what, "its proof and its batch", "not both");
      return;
    }
    Batch batch = group.first;
    boolean proved =
        receipt.seq() >= batch.from()
            && receipt.seq() <= batch.to()
            && group.proof.leadsTo(
                batch.root(),
                group.line,
                receipt.seq() - batch.from(),
                batch.to() - batch.from() + 1);
    if (!proved) {
      findings.altered(file, group.number, what, "a line under the root of its batch", "another");
    }
    ServiceFile.Word head = heads.get(group.lastHash);
    if (head == null) {
      findings.notShown(
          file, group.number, what, "a head by the service for " + group.last.to(), "none");
      return;
    }
    findings.same(file, head.line(), "the chain", receipt.chain(), head.chain());
    findings.same(file, head.line(), "the node", receipt.node(), head.node());
    findings.same(file, head.line(), "the receipt it reaches", group.last.to(), head.to());
    findings.same(file, head.line(), "the batch's root", group.last.root(), head.root());
    for (Signed signed : group.batches) {
      enrolled(receipt, signed, head);
      shelf.used(signed.papers, head.at(), file, signed.number);
    }
  }

  private void enrolled(Receipt receipt, Signed signed, ServiceFile.Word head) {
    UUID chain = receipt.chain();
    ServiceFile.Word enrolment = enrolments.get(chain + "/" + signed.papers.digest());
    if (enrolment == null || enrolment.seq() >= head.seq()) {
      findings.altered(
          file,
          signed.number,
          "whose key signed",
          "papers that the service enrolled before line " + head.line(),
          signed.papers.digest());
    } else {
      findings.same(file, enrolment.line(), "the node", receipt.node(), enrolment.node());
    }
  }

  String file() {
    return file;
  }

  /** Its first line; null when that is another. */
  Excerpt opening() {
    return opening;
  }

  /** The seal; null when there is none. */
  Seal seal() {
    return seal;
  }

  long receipts() {
    return groups.size();
  }

  long doubted() {
    return groups.stream().filter(group -> group.doubt != null).count();
  }

  long batches() {
    return groups.stream().mapToLong(group -> group.batches.size()).sum();
  }

  long heads() {
    return heads.size() + enrolments.size();
  }
}
