package org.hospes.client.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.hospes.client.Failure.Exit;
import org.hospes.client.ReceiptClient;
import org.hospes.client.ReceiptView;
import org.hospes.client.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code workspace receipt}. */
@Command(
    name = "receipt",
    description = {
      "The receipts of a workspace's boots: which image by whose signature, what it went on from,",
      "by whose message, on which node, when. They stay when the workspace is gone."
    },
    footer = {
      "",
      "With --out they go into a file that anybody can check, anywhere and years later:",
      "  workspace audit verify --service DN FILE"
    })
final class ReceiptOf extends Verb {
  @Parameters(paramLabel = "ID", description = "Id, beginning of one, or name.")
  String id;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Where to write them with all that proves them; must not be there.")
  Optional<Path> out = Optional.empty();

  @Override
  Exit run(Session session) throws Exception {
    if (out.isPresent() && Files.exists(out.get())) {
      throw usage(out.get() + " is there already: choose another name, or move it away");
    }
    ReceiptClient site = session.workspaces().receipts();
    byte[] file = all(site, new Insistence(session.clock()));
    List<ReceiptView> receipts = ReceiptView.of(file);
    if (out.isPresent()) {
      write(out.get(), file);
    }
    output().print(receipts, people -> receipts.forEach(receipt -> print(receipt, people)));
    return Exit.DONE;
  }

  /** Every page, one behind the other. */
  private byte[] all(ReceiptClient site, Insistence insistence) throws Exception {
    ReceiptClient.Excerpt first = insistence.ask(() -> site.excerpt(id, 0));
    if (first.next().isEmpty()) {
      return first.lines();
    }
    // A name may mean another workspace by the next page.
    List<ReceiptView> known = ReceiptView.of(first.lines());
    String whole = known.isEmpty() ? id : known.get(0).workspace().toString();
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ReceiptClient.Excerpt page = first;
    while (true) {
      file.writeBytes(page.lines());
      if (page.next().isEmpty()) {
        return file.toByteArray();
      }
      long after = page.next().get();
      page = insistence.ask(() -> site.excerpt(whole, after));
    }
  }

  private void write(Path file, byte[] bytes) {
    try {
      Files.write(file, bytes, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (FileAlreadyExistsException e) {
      throw usage(file + " appeared meanwhile: move it away, and ask again");
    } catch (IOException e) {
      throw usage(file + " cannot be written: " + e.getMessage());
    }
    say("written: " + file);
  }

  private static void print(ReceiptView receipt, PrintStream out) {
    Summary.line(out, "DOUBTED", receipt.doubt());
    Summary.line(out, "boot", receipt.boot() + " on " + receipt.node());
    Summary.line(out, "at", receipt.at());
    Summary.line(out, "countersigned", receipt.countersignedAt());
    Summary.line(out, "image", "sha256:" + receipt.image().sha256());
    Summary.line(out, "signed by", receipt.image().signer() + " (" + receipt.image().form() + ")");
    Summary.line(out, "endorsed by", String.join(", ", receipt.image().endorsers()));
    Summary.line(out, "let in by", receipt.image().rule());
    Summary.line(
        out, "began with", receipt.from().equals("base") ? "the image" : "its earlier state");
    for (ReceiptView.State file : receipt.state()) {
      Summary.line(out, "  " + file.name(), file.bytes() + " bytes, sha256:" + file.sha256());
    }
    Summary.line(out, "definition", "sha256:" + receipt.definition());
    Summary.line(out, "seed", receipt.seed() == null ? null : "sha256:" + receipt.seed());
    Summary.line(
        out,
        "asked for by",
        receipt.requester() + (receipt.vo() == null ? "" : " for " + receipt.vo()));
    Summary.line(
        out, "  message", receipt.request() == null ? null : "sha256:" + receipt.request());
    Summary.line(out, "  signed by", receipt.asker());
    Summary.line(out, "receipt", receipt.number() + " of chain " + receipt.chain());
    out.println();
  }
}
