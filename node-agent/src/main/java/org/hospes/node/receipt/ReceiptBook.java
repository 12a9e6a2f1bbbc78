package org.hospes.node.receipt;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;
import org.hospes.trust.credential.CredentialSource;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.receipt.Batch;
import org.hospes.trust.receipt.LineSigner;
import org.hospes.trust.receipt.Receipt;
import org.hospes.trust.receipt.ReceiptLine;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's chain of receipts. A receipt is on the disk when {@link #append} returns; those that
 * come at the same moment share one flush. Killed at any point it has lost no receipt that was
 * returned and has none twice. Safe for use by many threads.
 */
public final class ReceiptBook implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReceiptBook.class);
  private static final long SEGMENT = 64L << 20;

  // A batch goes to the service in one message.
  private static final long LARGEST_BATCH = 256 << 10;

  private final Segments segments;
  private final ChainEnd end;
  private final CredentialSource host;
  private final Clock clock;
  private final long segmentBytes;
  private final BatchReader reader = new BatchReader();
  private final Object syncing = new Object();
  private Optional<ReceiptReference> head = Optional.empty();
  private FileChannel file;
  private long written;
  private long synced;
  private boolean flushing;
  private volatile IOException broken;

  private ReceiptBook(
      Segments segments, ChainEnd end, CredentialSource host, Clock clock, long segmentBytes)
      throws IOException {
    this.segments = segments;
    this.end = end;
    this.host = host;
    this.clock = clock;
    this.segmentBytes = segmentBytes;
    this.file = segments.newest();
    // What was read may be in the kernel's memory alone, after a kill. Nobody is told of a batch
    // that
    // a power cut could still take away: the next one signed would be another.
    file.force(false);
    head = lastSigned();
  }

  /**
   * Takes up the chain in a folder, or begins one there.
   *
   * @param host whose name the chain has, and whose key signs
   * @param here whether a workspace is still on this node; of others nothing is kept in memory
   * @throws ReceiptsDamagedException when the folder holds something else than this node wrote
   */
  public static ReceiptBook open(
      Path folder, CredentialSource host, Predicate<UUID> here, Clock clock) throws IOException {
    return open(folder, host, here, clock, SEGMENT);
  }

  static ReceiptBook open(
      Path folder, CredentialSource host, Predicate<UUID> here, Clock clock, long segmentBytes)
      throws IOException {
    Segments segments = new Segments(folder);
    ChainEnd end = new ChainEnd(here);
    segments.read(end::read);
    end.begin(UUID.randomUUID());
    String name = name(host);
    if (end.node() != null && !end.node().equals(name)) {
      throw new ReceiptsDamagedException(
          segments.files().get(0), 1, "receipts of " + end.node() + ", where " + name + " writes");
    }
    return new ReceiptBook(segments, end, host, clock, segmentBytes);
  }

  private static String name(CredentialSource host) {
    return DistinguishedName.ofSubject(host.current().leaf()).slash();
  }

  /**
   * Writes the receipt of a boot, unless the one that was written last for this workspace is that
   * very boot's, as {@code same} tells.
   *
   * @param same given the workspace's last receipt
   * @param receipt given its place
   * @throws IOException when it is not on the disk: the guest must not start
   */
  public ReceiptReference append(
      UUID workspace, Function<Receipt, Boolean> same, Function<Place, Receipt> receipt)
      throws IOException {
    long mine;
    ReceiptReference reference;
    synchronized (this) {
      refuseIfBroken();
      Optional<Receipt> before = end.newestOf(workspace);
      if (before.isPresent() && same.apply(before.get())) {
        // It may be in the file and not on the disk yet.
        mine = written;
        reference =
            new ReceiptReference(
                end.chain(), before.get().seq(), ReceiptLine.hash(before.get().line()));
      } else {
        rotate();
        Receipt next = receipt.apply(place(before));
        byte[] line = next.line();
        write(line);
        end.wrote(next, line);
        mine = ++written;
        reference = new ReceiptReference(end.chain(), end.seq(), end.last());
      }
    }
    sync(mine);
    boolean full;
    synchronized (this) {
      full = end.unsignedBytes() >= LARGEST_BATCH;
    }
    if (full) {
      sign();
    }
    return reference;
  }

  private Place place(Optional<Receipt> before) throws IOException {
    String name = name(host);
    if (end.node() != null && !end.node().equals(name)) {
      throw new IOException(
          "the receipts here are those of "
              + end.node()
              + ", and the host certificate is now of "
              + name
              + "; move the folder of receipts aside and start the agent again");
    }
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    return new Place(
        end.chain(),
        end.seq() + 1,
        end.last(),
        name,
        now,
        before.map(Receipt::boot).orElse(0L) + 1);
  }

  /** Signs what no batch signs yet; the batch is on the disk when it returns. */
  public void sign() throws IOException {
    long mine;
    Optional<ReceiptReference> signed;
    synchronized (this) {
      refuseIfBroken();
      if (end.unsigned() > 0) {
        writeBatch();
      }
      signed = lastSigned();
      mine = written;
    }
    sync(mine);
    synchronized (this) {
      if (head.map(ReceiptReference::seq).orElse(0L)
          < signed.map(ReceiptReference::seq).orElse(0L)) {
        head = signed;
      }
    }
  }

  /** The lock is held. */
  private void writeBatch() throws IOException {
    LineSigner signer = new LineSigner(host.current());
    byte[] line =
        Batch.line(
            end.chain(),
            end.batchedTo() + 1,
            end.seq(),
            end.root(),
            end.last(),
            end.lastBatch(),
            clock.instant(),
            signer);
    if (signer.papers().digest().equals(end.papers())) {
      write(line);
    } else {
      write(signer.papers().line(), line);
      end.papers(signer.papers().digest());
    }
    end.signed(line);
    written++;
  }

  private Optional<ReceiptReference> lastSigned() {
    return end.batchedTo() == 0
        ? Optional.empty()
        : Optional.of(new ReceiptReference(end.chain(), end.batchedTo(), end.lastBatch()));
  }

  /** How many receipts no batch signs yet. */
  public synchronized long unsigned() {
    return end.unsigned();
  }

  /** The last batch that is on the disk; empty before the first. */
  public synchronized Optional<ReceiptReference> head() {
    return head;
  }

  /** The receipt of a workspace's last boot here; empty of one that is not here any more. */
  public synchronized Optional<ReceiptReference> newestOf(UUID workspace) {
    return end.newestOf(workspace)
        .map(last -> new ReceiptReference(last.chain(), last.seq(), ReceiptLine.hash(last.line())));
  }

  /**
   * Whole batches as they are in the files, for whoever wants them from a receipt on; of one file,
   * with the certificates before the first of them.
   *
   * @param next the first receipt
   * @param most so many bytes, but at least one batch
   * @return nothing where no batch begins with that receipt, or none is there yet
   */
  public byte[] batches(long next, int most) throws IOException {
    List<Path> all;
    long to;
    synchronized (this) {
      all = segments.files();
      to = head.map(ReceiptReference::seq).orElse(0L);
    }
    synchronized (reader) {
      return reader.read(all, next, to, most);
    }
  }

  /** The files of the chain, oldest first. */
  public synchronized List<Path> files() {
    return segments.files();
  }

  /** Signs what is left, and closes the file. */
  @Override
  public void close() throws IOException {
    try {
      if (broken == null) {
        sign();
      }
    } finally {
      file.close();
    }
  }

  private void rotate() throws IOException {
    if (end.unsigned() == 0 && file.size() >= segmentBytes) {
      FileChannel full = file;
      full.force(false);
      file = segments.next();
      end.papers("");
      full.close();
    }
  }

  private void write(byte[]... lines) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (byte[] line : lines) {
      bytes.writeBytes(line);
      bytes.write('\n');
    }
    long before = file.size();
    ByteBuffer left = ByteBuffer.wrap(bytes.toByteArray());
    try {
      while (left.hasRemaining()) {
        file.write(left);
      }
    } catch (IOException e) {
      cutBack(before, e);
      throw e;
    }
  }

  /** A full disk must not leave half a line in the middle of the chain. */
  private void cutBack(long length, IOException cause) {
    try {
      file.truncate(length);
    } catch (IOException e) {
      cause.addSuppressed(e);
      broken = cause;
    }
  }

  private void sync(long mine) throws IOException {
    while (true) {
      long upTo;
      FileChannel flushed;
      synchronized (syncing) {
        while (flushing && synced < mine) {
          try {
            syncing.wait();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted before the receipt was on the disk", e);
          }
        }
        refuseIfBroken();
        if (synced >= mine) {
          return;
        }
        flushing = true;
      }
      synchronized (this) {
        upTo = written;
        flushed = file;
      }
      IOException failure = null;
      try {
        flushed.force(false);
      } catch (ClosedByInterruptException e) {
        failure = e;
      } catch (ClosedChannelException e) {
        // The file was full, and on the disk before the next one was begun.
        LOG.debug("flushed before it was closed", e);
      } catch (IOException e) {
        // What the kernel could not write it may forget: no later flush says anything about it.
        failure = e;
      }
      synchronized (syncing) {
        flushing = false;
        if (failure == null) {
          synced = Math.max(synced, upTo);
        } else {
          broken = failure;
        }
        syncing.notifyAll();
      }
    }
  }

  private void refuseIfBroken() throws IOException {
    if (broken != null) {
      throw new IOException(
          "the receipts could not be written once, and nothing is written behind that until the"
              + " agent starts again: "
              + broken.getMessage(),
          broken);
    }
  }
}
