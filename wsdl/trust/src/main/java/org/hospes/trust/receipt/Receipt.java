package org.hospes.trust.receipt;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What a node writes before a guest's first instruction.
 *
 * @param chain the node's chain of receipts
 * @param seq its place in the chain, from 1
 * @param previous hash of the receipt before; zeros for the first
 * @param node the node's name, in slash form
 * @param at when it was written, by the node's clock
 * @param workspace whose boot it is
 * @param boot which of this workspace's boots on this node, from 1
 * @param image what it was made from, and by whose word
 * @param from whether it begins with the image alone or with its own earlier state
 * @param state that state, file by file; empty for a first boot
 * @param definition hash of what the hypervisor was told to start
 * @param seed hash of the seed disk
 * @param requester who asked for the workspace, in slash form
 * @param vo for which virtual organisation
 * @param request hash of the signed message that asked for this boot: the requester's own, or that
 *     of an operator who had it started
 * @param asker who signed that message, as the service tells; none in receipts of before that was
 *     told, and where it is the message that asked for the workspace
 * @param service which service passed it on, in slash form
 * @param verifiedAt when the node last judged the image good
 */
public record Receipt(
    UUID chain,
    long seq,
    String previous,
    String node,
    Instant at,
    UUID workspace,
    long boot,
    Image image,
    Origin from,
    List<StateFile> state,
    String definition,
    Optional<String> seed,
    String requester,
    Optional<String> vo,
    Optional<String> request,
    Optional<String> asker,
    String service,
    Instant verifiedAt)
    implements ReceiptLine {

  /** Where a guest begins. */
  public enum Origin {
    /** With the image and an empty disk over it. */
    BASE("base"),
    /** With what it left behind itself. */
    STATE("state");

    private final String text;

    Origin(String text) {
      this.text = text;
    }

    /** As the line has it. */
    @Override
    public String toString() {
      return text;
    }
  }

  /**
   * The image and whose word stands for it.
   *
   * @param sha256 of the disk
   * @param manifest hash of the signed manifest; none under a classic signature
   * @param form of the signature: {@code cms} or a classic one
   * @param signer in slash form
   * @param signerCertificate hash of the signer's certificate
   * @param endorsers others who signed for it, in slash form
   * @param rule of the image policy that let it in
   * @param policy hash of the image policy in force
   */
  public record Image(
      String sha256,
      Optional<String> manifest,
      String form,
      String signer,
      String signerCertificate,
      List<String> endorsers,
      Optional<String> rule,
      Optional<String> policy) {
    /** Keeps its own copy. */
    public Image {
      endorsers = List.copyOf(endorsers);
    }
  }

  /**
   * A file of a workspace's own state.
   *
   * @param name as the node has it: {@code disk.qcow2}, {@code scratch.raw}, {@code memory.save}
   * @param bytes its length
   * @param sha256 of its content
   */
  public record StateFile(String name, long bytes, String sha256) {}

  /** Keeps its own copy of the state. */
  public Receipt {
    state = List.copyOf(state);
  }

  /** The line to write, without a line feed. */
  public byte[] line() {
    LineText text =
        new LineText("receipt")
            .text("chain", chain)
            .number("seq", seq)
            .text("previous", previous)
            .text("node", node)
            .time("at", at)
            .text("workspace", workspace)
            .number("boot", boot)
            .key("image")
            .raw("{\"sha256\":")
            .quoted(image.sha256)
            .text("manifest", image.manifest)
            .text("form", image.form)
            .text("signer", image.signer)
            .text("signerCertificate", image.signerCertificate)
            .texts("endorsers", image.endorsers)
            .text("rule", image.rule)
            .text("policy", image.policy)
            .raw("}")
            .text("from", from)
            .key("state")
            .raw("[");
    for (int i = 0; i < state.size(); i++) {
      StateFile file = state.get(i);
      text.raw(i == 0 ? "{\"name\":" : ",{\"name\":").quoted(file.name);
      text.number("bytes", file.bytes).text("sha256", file.sha256).raw("}");
    }
    text.raw("]")
        .text("definition", definition)
        .text("seed", seed)
        .text("requester", requester)
        .text("vo", vo)
        .text("request", request);
    // Left out and not null: so are the lines that are there.
    asker.ifPresent(dn -> text.text("asker", dn));
    return text.text("service", service).time("verifiedAt", verifiedAt).close();
  }

  static Receipt read(LineCursor line) throws MalformedLineException {
    Receipt receipt =
        new Receipt(
            line.uuid("chain"),
            line.number("seq", 1),
            line.hash("previous"),
            line.text("node"),
            line.time("at"),
            line.uuid("workspace"),
            line.number("boot", 1),
            image(line),
            origin(line),
            state(line),
            line.hash("definition"),
            line.hashOrNull("seed"),
            line.text("requester"),
            line.textOrNull("vo"),
            line.hashOrNull("request"),
            line.textIfThere("asker"),
            line.text("service"),
            line.time("verifiedAt"));
    line.end();
    return receipt;
  }

  private static Image image(LineCursor line) throws MalformedLineException {
    line.key("image");
    line.expect("{");
    line.member("sha256");
    Image image =
        new Image(
            line.hashValue(),
            line.hashOrNull("manifest"),
            line.text("form"),
            line.text("signer"),
            line.hash("signerCertificate"),
            line.texts("endorsers"),
            line.textOrNull("rule"),
            line.hashOrNull("policy"));
    line.expect("}");
    return image;
  }

  private static Origin origin(LineCursor line) throws MalformedLineException {
    line.key("from");
    if (line.skip("\"base\"")) {
      return Origin.BASE;
    }
    line.expect("\"state\"");
    return Origin.STATE;
  }

  private static List<StateFile> state(LineCursor line) throws MalformedLineException {
    line.key("state");
    line.expect("[");
    List<StateFile> files = new ArrayList<>();
    if (line.skip("]")) {
      return files;
    }
    do {
      line.expect("{");
      line.member("name");
      files.add(new StateFile(line.string(), line.number("bytes", 0), line.hash("sha256")));
      line.expect("}");
    } while (line.skip(","));
    line.expect("]");
    return files;
  }
}
