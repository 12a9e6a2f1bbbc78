package org.hospes.trust.receipt;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What the service looks at before it countersigns: that a node's new lines are whole batches, that
 * they go on exactly where its chain was, and that the node's key of today signed them.
 */
public final class BatchIntake {
  /** How far a node's clock may be from the service's. */
  public static final Duration SKEW = Duration.ofMinutes(5);

  private static final String WHERE = "the node's lines";

  private final PapersJudge judge;

  /** Judges the nodes' papers by {@code judge}. */
  public BatchIntake(PapersJudge judge) {
    this.judge = judge;
  }

  /**
   * How far the service knows a node's chain.
   *
   * @param chain the node's
   * @param to the last receipt that it countersigned; 0 for none
   * @param last that receipt's hash; zeros for none
   * @param lastBatch hash of its batch; zeros for none
   */
  public record Known(UUID chain, long to, String last, String lastBatch) {
    /** A chain of which nothing is known yet. */
    public static Known begin(UUID chain) {
      return new Known(chain, 0, Hashes.NOTHING, Hashes.NOTHING);
    }
  }

  /** A line, and what it says. */
  public record Taken<T extends ReceiptLine>(T read, byte[] line) {}

  /**
   * Lines that may be countersigned.
   *
   * @param receipts in their order
   * @param batches in their order; at least one
   * @param papers that signed them, in their order; each has to be enrolled before the head
   * @param known how far the chain is known now
   */
  public record Accepted(
      List<Taken<Receipt>> receipts,
      List<Taken<Batch>> batches,
      List<Papers> papers,
      Known known) {}

  /**
   * Judges a node's new lines.
   *
   * @param known where its chain was
   * @param node who sends them, in slash form, as TLS proved it
   * @param lines whole batches, certificates where they take over, each line with its line feed
   * @param now the service's time
   * @throws RefusedBatchesException when they are not what comes next in that chain
   */
  public Accepted take(Known known, String node, byte[] lines, Instant now)
      throws RefusedBatchesException {
    Findings findings = new Findings();
    List<Taken<Receipt>> receipts = new ArrayList<>();
    List<Taken<Batch>> batches = new ArrayList<>();
    List<Papers> papers = new ArrayList<>();
    SegmentFile segment;
    try (SignatureChecks checks = new SignatureChecks(1)) {
      segment =
          new SegmentFile(
              WHERE,
              Map.of(),
              findings,
              new PapersShelf(judge, findings),
              checks.new OfFile(WHERE, findings));
      long number = 0;
      for (byte[] line : split(lines, findings)) {
        number++;
        ReceiptLine read = ReceiptLine.read(line);
        segment.take(line, read, number);
        if (read instanceof Receipt receipt) {
          findings.same(WHERE, number, "the node", node, receipt.node());
          receipts.add(new Taken<>(receipt, line));
        } else if (read instanceof Batch batch) {
          batches.add(new Taken<>(batch, line));
        } else if (read instanceof Papers next) {
          papers.add(next);
          inForce(next, now, number, findings);
        }
      }
      segment.end(number);
      checks.await();
    } catch (MalformedLineException e) {
      findings.altered(
          WHERE,
          receipts.size() + batches.size() + papers.size() + 1L,
          "a line",
          e.expected(),
          e.found());
      throw new RefusedBatchesException(findings.all());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      findings.altered(WHERE, 0, "the lines", "time to look at them", "an interruption");
      throw new RefusedBatchesException(findings.all());
    }
    goesOn(known, segment, batches, now, findings);
    List<AuditFinding> found = findings.all();
    if (!found.isEmpty()) {
      throw new RefusedBatchesException(found);
    }
    return new Accepted(
        receipts,
        batches,
        papers,
        new Known(known.chain(), segment.batchedTo(), segment.lastHash(), segment.lastBatch()));
  }

  private static void goesOn(
      Known known,
      SegmentFile segment,
      List<Taken<Batch>> batches,
      Instant now,
      Findings findings) {
    if (segment.first() == null || batches.isEmpty()) {
      findings.altered(WHERE, 0, "the lines", "whole batches", "none");
      return;
    }
    findings.same(WHERE, 1, "the chain", known.chain(), segment.first().chain());
    findings.same(WHERE, 1, "the first receipt", known.to() + 1, segment.first().seq());
    findings.same(WHERE, 1, "the receipt before", known.last(), segment.first().previous());
    findings.same(
        WHERE, 0, "the batch before the first", known.lastBatch(), segment.firstPreviousBatch());
    findings.same(WHERE, 0, "signed up to", segment.last().seq(), segment.batchedTo());
    Instant signed = batches.get(batches.size() - 1).read().at();
    if (signed.isAfter(now.plus(SKEW))) {
      findings.altered(
          WHERE,
          0,
          "the node's clock",
          "at most " + SKEW.toMinutes() + " min ahead of the service's",
          signed);
    }
  }

  private void inForce(Papers papers, Instant now, long number, Findings findings) {
    PapersJudge.Judgement judgement = judge.judge(papers.chain(), now);
    Optional<Instant> revoked = judgement.revoked();
    if (revoked.isPresent() || !judgement.problems().isEmpty()) {
      findings.altered(
          WHERE,
          number,
          "the node's papers",
          "papers in force",
          revoked
              .map(since -> "revoked since " + since)
              .orElse(String.join("; ", judgement.problems())));
    }
  }

  private static List<byte[]> split(byte[] text, Findings findings) {
    List<byte[]> lines = new ArrayList<>();
    int begin = 0;
    for (int i = 0; i < text.length; i++) {
      if (text[i] == '\n') {
        lines.add(Arrays.copyOfRange(text, begin, i));
        begin = i + 1;
      }
    }
    if (begin < text.length) {
      findings.altered(WHERE, lines.size() + 1L, "the last line", "a line feed", "none");
    }
    return lines;
  }
}
