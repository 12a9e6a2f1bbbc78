package org.hospes.node.servicesoap;

import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.hospes.contract.node.Countersign;
import org.hospes.contract.node.CountersignResponse;
import org.hospes.contract.registry.Refused;
import org.hospes.contract.registry.RegistryPort;
import org.hospes.node.receipt.ReceiptBook;
import org.hospes.node.receipt.ReceiptReference;
import org.hospes.wire.refusal.Refusals;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the node's receipts to the service, which countersigns them. What was not sent, because the
 * service was away or this agent was, is sent as soon as it may be, in its order; where the service
 * is, it says itself. No boot waits for it.
 */
public final class ReceiptLink implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReceiptLink.class);
  private static final int MOST_BYTES = 256 << 10;

  // Its database may be put back to an older state, which nothing else tells.
  private static final int ASKED_ANEW = 12;

  private final RegistryPort registry;
  private final String name;
  private final ReceiptBook book;
  private final ExecutorService sender;
  private final AtomicBoolean asked = new AtomicBoolean();
  private long next;
  private int idle;
  private volatile String trouble;

  /**
   * Nothing is sent before the first {@link #wake}.
   *
   * @param name of this node, as the service has it
   */
  public ReceiptLink(RegistryPort registry, String name, ReceiptBook book) {
    this.registry = registry;
    this.name = name;
    this.book = book;
    this.sender =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread thread = new Thread(task, "receipt link");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Has what is signed and not countersigned yet sent; returns at once. */
  public void wake() {
    if (asked.compareAndSet(false, true)) {
      try {
        sender.execute(this::send);
      } catch (RejectedExecutionException e) {
        LOG.debug("stopping: what is left is sent after the next start");
      }
    }
  }

  /** Why receipts are not countersigned now; empty when they are. */
  public Optional<String> trouble() {
    return Optional.ofNullable(trouble);
  }

  @Override
  public void close() {
    sender.shutdownNow();
  }

  private void send() {
    asked.set(false);
    try {
      Optional<ReceiptReference> head = book.head();
      if (head.isEmpty()) {
        return;
      }
      idle = next > head.get().seq() ? idle + 1 : 0;
      if (next == 0 || idle >= ASKED_ANEW) {
        idle = 0;
        next = countersign(head.get(), new byte[0]);
      }
      while (next <= head.orElseThrow().seq()) {
        byte[] lines = book.batches(next, MOST_BYTES);
        if (lines.length == 0) {
          throw new IllegalStateException(
              "no batch of this node begins with the receipt that it wants, " + next);
        }
        long then = countersign(head.get(), lines);
        if (then <= next) {
          throw new IllegalStateException(
              "it took lines from " + next + " on and wants " + then + " now");
        }
        next = then;
        head = book.head();
      }
      if (next > head.orElseThrow().seq() + 1) {
        throw new IllegalStateException(
            "it countersigned receipts up to "
                + (next - 1)
                + ", and this node has them up to "
                + head.get().seq()
                + ": were its files put back from a backup?");
      }
      if (trouble != null) {
        LOG.info("receipts are countersigned again, up to {}", next - 1);
      }
      trouble = null;
    } catch (Exception e) {
      next = 0;
      failed(e);
    }
  }

  private long countersign(ReceiptReference head, byte[] lines) throws Refused {
    Countersign request = new Countersign();
    request.setName(name);
    request.setChain(head.chain().toString());
    request.setLines(lines);
    CountersignResponse response = registry.countersign(request);
    return response.getNext();
  }

  private void failed(Exception e) {
    String complaint =
        "the service does not countersign receipts: "
            + Refusals.of(e)
                .map(r -> r.code() + ": " + r.getMessage())
                .orElseGet(() -> String.valueOf(e.getMessage()));
    if (!complaint.equals(trouble)) {
      LOG.warn("{}", complaint);
      LOG.debug("in full", e);
    }
    trouble = complaint;
  }
}
