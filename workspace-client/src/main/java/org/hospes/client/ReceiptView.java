package org.hospes.client;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.hospes.contract.common.FaultCategory;
import org.hospes.trust.receipt.Batch;
import org.hospes.trust.receipt.Doubt;
import org.hospes.trust.receipt.Head;
import org.hospes.trust.receipt.MalformedLineException;
import org.hospes.trust.receipt.Receipt;
import org.hospes.trust.receipt.ReceiptLine;
import org.hospes.wire.refusal.RefusalException;

/**
 * A receipt, as {@code receipt -o json} prints it; scripts rely on these names. It says what the
 * file says; whether that is so, {@code audit verify} tells.
 *
 * @param countersignedAt when the service countersigned it; null when the file has no head of it
 * @param asker who signed the message {@code request}; null where the node was not told
 * @param doubt why the service does not believe it although it countersigned it; null for most
 */
public record ReceiptView(
    UUID workspace,
    long boot,
    Instant at,
    Instant countersignedAt,
    String node,
    UUID chain,
    long number,
    Image image,
    String from,
    List<State> state,
    String definition,
    String seed,
    String requester,
    String vo,
    String request,
    String asker,
    String service,
    Instant verifiedAt,
    String doubt) {
  /** The image and whose word stands for it. */
  public record Image(
      String sha256,
      String manifest,
      String form,
      String signer,
      String signerCertificate,
      List<String> endorsers,
      String rule,
      String policy) {}

  /** A file of the workspace's own earlier state. */
  public record State(String name, long bytes, String sha256) {}

  /**
   * The receipts of a file that a service sent, in its order.
   *
   * @throws RefusalException when it is no such file
   */
  public static List<ReceiptView> of(byte[] file) {
    try {
      return read(file);
    } catch (MalformedLineException e) {
      throw RefusalException.of(
              FaultCategory.SITE,
              "receipt.unreadable",
              "what the service sent is no file of receipts: " + e.getMessage())
          .advice("is this client older than the service?")
          .causedBy(e);
    }
  }

  private static List<ReceiptView> read(byte[] file) throws MalformedLineException {
    List<Receipt> receipts = new ArrayList<>();
    List<String> batches = new ArrayList<>();
    List<String> doubts = new ArrayList<>();
    Map<String, Instant> heads = new HashMap<>();
    for (String text : new String(file, StandardCharsets.UTF_8).split("\n")) {
      byte[] line = text.getBytes(StandardCharsets.UTF_8);
      ReceiptLine read = ReceiptLine.read(line);
      if (read instanceof Receipt receipt) {
        receipts.add(receipt);
        batches.add("");
        doubts.add(null);
      } else if (read instanceof Doubt doubt && !doubts.isEmpty()) {
        doubts.set(doubts.size() - 1, doubt.why());
      } else if (read instanceof Batch && !batches.isEmpty()) {
        batches.set(batches.size() - 1, ReceiptLine.hash(line));
      } else if (read instanceof Head head) {
        heads.put(head.batch(), head.at());
      }
    }
    List<ReceiptView> views = new ArrayList<>();
    for (int i = 0; i < receipts.size(); i++) {
      views.add(view(receipts.get(i), heads.get(batches.get(i)), doubts.get(i)));
    }
    return views;
  }

  private static ReceiptView view(Receipt receipt, Instant countersignedAt, String doubt) {
    Receipt.Image image = receipt.image();
    return new ReceiptView(
        receipt.workspace(),
        receipt.boot(),
        receipt.at(),
        countersignedAt,
        receipt.node(),
        receipt.chain(),
        receipt.seq(),
        new Image(
            image.sha256(),
            image.manifest().orElse(null),
            image.form(),
            image.signer(),
            image.signerCertificate(),
            image.endorsers(),
            image.rule().orElse(null),
            image.policy().orElse(null)),
        receipt.from().toString(),
        receipt.state().stream().map(s -> new State(s.name(), s.bytes(), s.sha256())).toList(),
        receipt.definition(),
        receipt.seed().orElse(null),
        receipt.requester(),
        receipt.vo().orElse(null),
        receipt.request().orElse(null),
        receipt.asker().orElse(null),
        receipt.service(),
        receipt.verifiedAt(),
        doubt);
  }
}
