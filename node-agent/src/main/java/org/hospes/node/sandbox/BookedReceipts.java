package org.hospes.node.sandbox;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import org.hospes.image.SignedImage;
import org.hospes.node.journal.AskedBy;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HeldBase;
import org.hospes.node.journal.SealedDisk;
import org.hospes.node.receipt.Place;
import org.hospes.node.receipt.ReceiptBook;
import org.hospes.trust.receipt.Receipt;

/** Receipts in the node's book. */
public final class BookedReceipts implements BootReceipts {
  private final ReceiptBook book;
  private final Supplier<String> policy;
  private final String service;

  /**
   * Writes into a book.
   *
   * @param policy digest of the image policy in force, hexadecimal
   * @param service whose orders this node takes, in slash form
   */
  public BookedReceipts(ReceiptBook book, Supplier<String> policy, String service) {
    this.book = book;
    this.policy = policy;
    this.service = service;
  }

  @Override
  public void write(Boot boot) throws IOException {
    Instant made = last(boot.record(), "domain paused");
    book.append(
        boot.record().id(),
        // Of this very domain: written by the agent that was killed before the journal had it.
        before ->
            before.definition().equals(boot.definition())
                // A clock that was put back must not make the next boot look like this one.
                && before.from() == origin(boot)
                && disks(before.state()).equals(disks(state(boot)))
                && !before.at().isBefore(made.truncatedTo(ChronoUnit.MILLIS)),
        place -> receipt(boot, place));
  }

  private Receipt receipt(Boot boot, Place place) {
    GuestOrder order = boot.record().order();
    return new Receipt(
        place.chain(),
        place.seq(),
        place.previous(),
        place.node(),
        place.at(),
        order.id(),
        place.boot(),
        image(order.image(), boot.record().base().orElseThrow()),
        origin(boot),
        state(boot),
        boot.definition(),
        Optional.of(boot.seed().sha256()),
        order.owner(),
        order.virtualOrganisation(),
        order.request().map(asked -> asked.message().hex()),
        order.request().flatMap(AskedBy::asker),
        service,
        last(boot.record(), "verified"));
  }

  private static Receipt.Origin origin(Boot boot) {
    return boot.record().ran() ? Receipt.Origin.STATE : Receipt.Origin.BASE;
  }

  private static List<Receipt.StateFile> state(Boot boot) {
    return boot.state().stream()
        .map(disk -> new Receipt.StateFile(disk.name(), disk.bytes(), disk.sha256()))
        .toList();
  }

  /** Without memory: what a crash leaves to be sealed again has it no more. */
  private static List<Receipt.StateFile> disks(List<Receipt.StateFile> state) {
    return state.stream().filter(file -> !file.name().equals(SealedDisk.MEMORY)).toList();
  }

  private Receipt.Image image(SignedImage papers, HeldBase base) {
    try {
      return new Receipt.Image(
          base.sha256(),
          // Under a classic signature nobody signed the manifest.
          papers.form().classic() ? Optional.empty() : Optional.of(sha256(papers.manifest())),
          papers.form().name().toLowerCase(Locale.ROOT).replace('_', '-'),
          base.signer(),
          sha256(papers.chain().get(0).getEncoded()),
          base.endorsers(),
          base.rule(),
          Optional.of(policy.get()));
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a certificate that was verified has an encoding", e);
    }
  }

  private static Instant last(GuestRecord record, String what) {
    Instant last = Instant.EPOCH;
    for (GuestRecord.Moment moment : record.moments()) {
      last = moment.what().equals(what) ? moment.at() : last;
    }
    return last;
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
