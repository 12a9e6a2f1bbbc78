package org.hospes.service.receipt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.receipt.AuditResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A seal says as of when a file has everything: also of what is countersigned just then. */
class SealTest {
  private static final Set<Thread.State> WAITS_OR_ENDED =
      EnumSet.of(Thread.State.BLOCKED, Thread.State.TERMINATED);

  @TempDir Path folder;
  private final UUID workspace = UUID.randomUUID();

  /** A store that is slow: before it keeps what was countersigned, others ask. */
  private static final class Slow extends InMemoryReceiptStore {
    private Runnable meanwhile = () -> {};

    @Override
    public void keep(Addition addition) {
      meanwhile.run();
      super.keep(addition);
    }
  }

  @Test
  void whatIsOnItsWayIntoTheStoreIsInFilesThatAreSealedAfterIt() throws Exception {
    Slow store = new Slow();
    try (CountersignedNodes site = new CountersignedNodes(folder, store);
        CountersignedNodes.Node node = site.new Node("node1")) {
      node.boots(workspace, 1);
      List<FutureTask<byte[]>> asked = new ArrayList<>();
      store.meanwhile =
          () -> {
            site.clock.pass(Duration.ofSeconds(1));
            asked.add(ask(() -> site.files.excerpt(new WorkspaceId(workspace))));
            asked.add(ask(() -> site.files.said(0, 100).lines()));
          };
      node.boots(workspace, 1);
      Instant head = store.end().orElseThrow().at();
      assertEquals(2, asked.size());
      AuditResult excerpt = site.judged(List.of(asked.get(0).get()));
      assertEquals(AuditResult.Verdict.WHOLE, excerpt.verdict());
      assertFalse(excerpt.asOf().orElseThrow().isBefore(head));
      assertEquals(2, excerpt.receipts());
      AuditResult said = site.judged(List.of(asked.get(1).get()));
      assertFalse(said.asOf().orElseThrow().isBefore(head));
      assertEquals(3, said.heads());
    }
  }

  /** Begins to ask, and comes back when that is answered or has to wait. */
  private static FutureTask<byte[]> ask(Supplier<byte[]> question) {
    FutureTask<byte[]> task = new FutureTask<>(question::get);
    Thread asks = new Thread(task, "asks");
    asks.setDaemon(true);
    asks.start();
    while (!WAITS_OR_ENDED.contains(asks.getState())) {
      Thread.onSpinWait();
    }
    return task;
  }
}
