package org.hospes.node.app;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.node.receipt.ReceiptBook;
import org.hospes.node.receipt.ReceiptReference;
import org.hospes.node.sandbox.BookedReceipts;
import org.hospes.node.sandbox.BootReceipts;
import org.hospes.node.servicesoap.ReceiptLink;
import org.hospes.trust.credential.CredentialSource;
import org.hospes.trust.path.DistinguishedName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The node's receipts, signed every second while there are any to sign. */
final class NodeReceipts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeReceipts.class);
  private static final long SIGNED_MILLIS = 1000;

  private final ReceiptBook book;
  private final ScheduledExecutorService signer;
  private volatile ReceiptLink link;

  private NodeReceipts(ReceiptBook book) {
    this.book = book;
    this.signer =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "receipts");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Takes up the receipts in a folder, and begins to sign.
   *
   * @param here whether a workspace is on this node
   * @throws IOException when the folder holds something else than this node wrote
   */
  @SuppressWarnings("FutureReturnValueIgnored") // to sign never throws
  static NodeReceipts open(Path folder, CredentialSource host, Predicate<UUID> here, Clock clock)
      throws IOException {
    NodeReceipts receipts = new NodeReceipts(ReceiptBook.open(folder, host, here, clock));
    receipts.signer.scheduleWithFixedDelay(
        receipts::sign, SIGNED_MILLIS, SIGNED_MILLIS, TimeUnit.MILLISECONDS);
    return receipts;
  }

  /** Where the receipts of boots are written. */
  BootReceipts of(Supplier<ImagePolicy> policy, DistinguishedName service) {
    return new BookedReceipts(book, () -> policy.get().digest().hex(), service.slash());
  }

  /** From now on what is signed is sent. */
  void sendOver(Function<ReceiptBook, ReceiptLink> service) {
    link = service.apply(book);
  }

  /** Sends what the service does not have yet; returns at once. */
  void send() {
    ReceiptLink there = link;
    if (there != null) {
      there.wake();
    }
  }

  /** The last batch; empty before the first. */
  Optional<ReceiptReference> head() {
    return book.head();
  }

  /** The receipt of a workspace's last boot here. */
  Optional<ReceiptReference> newestOf(UUID workspace) {
    return book.newestOf(workspace);
  }

  /** Why receipts are not countersigned now; empty when they are. */
  Optional<String> trouble() {
    return Optional.ofNullable(link).flatMap(ReceiptLink::trouble);
  }

  private void sign() {
    try {
      if (book.unsigned() > 0) {
        book.sign();
        send();
      }
    } catch (IOException | RuntimeException e) {
      LOG.error("receipts could not be signed: {}", e.toString());
    }
  }

  @Override
  public void close() throws IOException {
    // Not interrupted: that would close the file in the middle of a line.
    signer.shutdown();
    if (link != null) {
      link.close();
    }
    book.close();
  }
}
