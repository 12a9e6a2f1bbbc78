package org.hospes.node.receipt;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.hospes.trust.receipt.BatchIntake;
import org.hospes.trust.receipt.PapersJudge;
import org.hospes.trust.receipt.RefusedBatchesException;

/** A service's look at what a node sends, to which all papers are good. */
public final class Intake {
  private final BatchIntake intake =
      new BatchIntake(
          (chain, at) -> new PapersJudge.Judgement(Optional.empty(), java.util.List.of()));
  private final String node;
  private BatchIntake.Known known;
  private int batches;

  /** Of one node, in slash form. */
  public Intake(String node) {
    this.node = node;
  }

  /** Takes lines as a service does, and says which receipt it wants next. */
  public long take(UUID chain, byte[] lines) throws RefusedBatchesException {
    BatchIntake.Known now = known == null ? BatchIntake.Known.begin(chain) : known;
    if (lines.length > 0) {
      BatchIntake.Accepted accepted = intake.take(now, node, lines, Instant.now());
      known = accepted.known();
      batches += accepted.batches().size();
      now = known;
    }
    return now.to() + 1;
  }

  /** How many it took. */
  public int batches() {
    return batches;
  }

  /** It is one with a database of before. */
  public void forget() {
    known = null;
    batches = 0;
  }
}
