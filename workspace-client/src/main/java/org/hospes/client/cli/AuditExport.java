package org.hospes.client.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.hospes.client.Failure.Exit;
import org.hospes.client.ReceiptClient;
import org.hospes.client.Session;
import org.hospes.trust.receipt.Batch;
import org.hospes.trust.receipt.Head;
import org.hospes.trust.receipt.MalformedLineException;
import org.hospes.trust.receipt.Receipt;
import org.hospes.trust.receipt.ReceiptLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code workspace audit export}. */
@Command(
    name = "export",
    description = {
      "Write what the service countersigned into files: its own chain, and the receipts that it",
      "covers as their nodes wrote them. For operators."
    },
    footer = {
      "",
      "Together with the files of earlier exports they are for",
      "  workspace audit verify --service DN DIR/*.jsonl"
    })
final class AuditExport extends Verb {
  private static final int MOST = 2000;

  @ArgGroup(multiplicity = "1")
  Extent extent;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Where the files go; it is made, and none of them must be there.")
  Path directory;

  static final class Extent {
    @Option(names = "--all", description = "From the beginning.")
    boolean all;

    @Option(
        names = "--since",
        paramLabel = "LINE",
        description = "What came after a line of the service's chain, as the last export told it.")
    Long since;
  }

  /** What was written, for {@code -o json}. */
  record Exported(long next, List<String> files) {}

  private final List<String> files = new ArrayList<>();

  @Override
  Exit run(Session session) throws Exception {
    long since = extent.all ? 0 : extent.since;
    if (since < 0) {
      throw usage("--since: a line of the service's chain, 0 or more, expected");
    }
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw usage("--out: " + directory + " cannot be made: " + e.getMessage());
    }
    ReceiptClient site = session.workspaces().receipts();
    Insistence insistence = new Insistence(session.clock());
    Map<UUID, Long> reached = new LinkedHashMap<>();
    long end = since;
    while (true) {
      long after = end;
      ReceiptClient.Page page = insistence.ask(() -> site.page(Optional.empty(), after, MOST));
      if (page.lines().length == 0) {
        break;
      }
      write("service", after + 1, page.lines());
      reach(page.lines(), reached);
      end = page.next();
    }
    for (UUID chain : reached.keySet()) {
      long next = since;
      boolean more = true;
      while (more) {
        long after = next;
        ReceiptClient.Page page = insistence.ask(() -> site.page(Optional.of(chain), after, MOST));
        byte[] lines = upTo(reached.get(chain), page.lines());
        if (lines.length > 0) {
          write("node-" + chain, after + 1, lines);
        }
        more = lines.length > 0 && lines.length == page.lines().length;
        next = page.next();
      }
    }
    long line = end;
    output()
        .print(
            new Exported(line, files),
            out -> {
              files.forEach(out::println);
              out.println();
              out.println("what comes after: workspace audit export --since " + line);
            });
    return Exit.DONE;
  }

  private void write(String what, long first, byte[] lines) {
    Path file = directory.resolve(String.format(Locale.ROOT, "%s-%010d.jsonl", what, first));
    try {
      Files.write(file, lines, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (FileAlreadyExistsException e) {
      throw usage(file + " is there already: export into an empty directory, or what came since");
    } catch (IOException e) {
      throw usage(file + " cannot be written: " + e.getMessage());
    }
    files.add(file.toString());
  }

  /** How far the heads in a file reach, by chain. */
  private static void reach(byte[] lines, Map<UUID, Long> reached) throws MalformedLineException {
    for (String line : new String(lines, StandardCharsets.UTF_8).split("\n")) {
      if (ReceiptLine.read(line.getBytes(StandardCharsets.UTF_8)) instanceof Head head) {
        reached.put(head.chain(), head.to());
      }
    }
  }

  /** What was countersigned while this was written has its head in the next export, not here. */
  private static byte[] upTo(long last, byte[] lines) throws MalformedLineException {
    int begin = 0;
    for (int i = 0; i < lines.length; i++) {
      if (lines[i] == '\n') {
        ReceiptLine line = ReceiptLine.read(Arrays.copyOfRange(lines, begin, i));
        begin = i + 1;
        if (line instanceof Receipt receipt && receipt.seq() > last) {
          return new byte[0];
        } else if (line instanceof Batch batch && batch.to() >= last) {
          return Arrays.copyOf(lines, begin);
        }
      }
    }
    return lines;
  }
}
