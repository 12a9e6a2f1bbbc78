package org.hospes.trust.receipt;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.hospes.trust.path.DistinguishedName;

/**
 * Judges files of receipts on any machine: segments of nodes' chains, the service's own chain, and
 * excerpts about one workspace or pages of them, told apart by their first line, in any order.
 * Whatever is not the bytes that were written and signed is found, with file and line; what would
 * show that nothing is missing, and is missing itself, is said. It needs no more room for more
 * receipts, but for some hundred bytes a head.
 */
public final class ReceiptAudit {
  private final String service;
  private final PapersJudge judge;
  private final int threads;

  /**
   * An audit of what one service countersigned.
   *
   * @param service whose word counts
   * @param judge of certificates
   * @param threads how many to use
   */
  public ReceiptAudit(DistinguishedName service, PapersJudge judge, int threads) {
    this.service = service.slash();
    this.judge = judge;
    this.threads = threads;
  }

  private interface Taker {
    void take(byte[] line, ReceiptLine read, LineSource source);

    void end(long lines);
  }

  private static final class Run {
    final Findings findings = new Findings();
    final Collection<ServiceFile> words = new ConcurrentLinkedQueue<>();
    final Collection<SegmentFile> segments = new ConcurrentLinkedQueue<>();
    final Collection<ExcerptFile> excerpts = new ConcurrentLinkedQueue<>();
  }

  /**
   * Judges the files together.
   *
   * @throws IOException when one of them cannot be read
   */
  public AuditResult judge(List<Path> files) throws IOException, InterruptedException {
    Run run = new Run();
    PapersShelf shelf = new PapersShelf(judge, run.findings);
    List<Path> ofService = new ArrayList<>();
    List<Path> ofNodes = new ArrayList<>();
    for (Path file : bySize(files)) {
      String begins = begin(file);
      if (begins.startsWith("{\"receipt\":")) {
        ofNodes.add(file);
      } else {
        ofService.add(file);
      }
    }
    try (SignatureChecks checks = new SignatureChecks(threads)) {
      for (Path file : ofService) {
        SignatureChecks.OfFile own = checks.new OfFile(file.toString(), run.findings);
        boolean excerpt = begin(file).startsWith("{\"excerpt\":");
        Taker taker = excerpt ? excerpt(file, run, shelf, own) : words(file, run, shelf, own);
        checks.start(() -> read(file, run, taker, true));
      }
      checks.await();
      ServiceChain said = ServiceChain.join(run.words, run.findings);
      for (Path file : ofNodes) {
        SignatureChecks.OfFile own = checks.new OfFile(file.toString(), run.findings);
        SegmentFile segment =
            new SegmentFile(file.toString(), said.nodes(), run.findings, shelf, own);
        run.segments.add(segment);
        checks.start(() -> read(file, run, taker(segment), false));
      }
      checks.await();
      shelf.judge();
      return result(run, said);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private AuditResult result(Run run, ServiceChain said) {
    boolean chains = !run.words.isEmpty() || !run.segments.isEmpty();
    int found = chains ? new NodeChains(said, run.findings).join(run.segments) : 0;
    Optional<Instant> asOf = said.asOf();
    Optional<Instant> ofExcerpts = new ExcerptPages(run.findings).join(run.excerpts);
    if (!chains) {
      asOf = ofExcerpts;
    }
    List<AuditFinding> findings = run.findings.all();
    return new AuditResult(
        AuditResult.verdict(findings),
        run.segments.stream().mapToLong(SegmentFile::receipts).sum()
            + run.excerpts.stream().mapToLong(ExcerptFile::receipts).sum(),
        run.excerpts.stream().mapToLong(ExcerptFile::doubted).sum(),
        run.segments.stream().mapToLong(SegmentFile::batches).sum()
            + run.excerpts.stream().mapToLong(ExcerptFile::batches).sum(),
        said.lines() + run.excerpts.stream().mapToLong(ExcerptFile::heads).sum(),
        found,
        asOf,
        findings);
  }

  private Taker words(Path file, Run run, PapersShelf shelf, SignatureChecks.OfFile checks) {
    ServiceFile words = new ServiceFile(file.toString(), service, run.findings, shelf, checks);
    run.words.add(words);
    return new Taker() {
      @Override
      public void take(byte[] line, ReceiptLine read, LineSource source) {
        words.take(line, read, source);
      }

      @Override
      public void end(long lines) {
        words.end(lines);
      }
    };
  }

  private Taker excerpt(Path file, Run run, PapersShelf shelf, SignatureChecks.OfFile checks) {
    return new Taker() {
      private ExcerptFile page = page(1);

      private ExcerptFile page(long begin) {
        ExcerptFile next =
            new ExcerptFile(file.toString(), service, run.findings, shelf, checks, begin);
        run.excerpts.add(next);
        return next;
      }

      @Override
      public void take(byte[] line, ReceiptLine read, LineSource source) {
        if (read instanceof Excerpt next && page.goesOnWith(next)) {
          page.end(source.number() - 1);
          page = page(source.number());
          source.begin();
        }
        page.take(line, read, source);
      }

      @Override
      public void end(long lines) {
        page.end(lines);
      }
    };
  }

  private static Taker taker(SegmentFile segment) {
    return new Taker() {
      @Override
      public void take(byte[] line, ReceiptLine read, LineSource source) {
        segment.take(line, read, source.number());
      }

      @Override
      public void end(long lines) {
        segment.end(lines);
      }
    };
  }

  private static void read(Path file, Run run, Taker taker, boolean digested) {
    String name = file.toString();
    try (LineSource source = new LineSource(file, digested)) {
      try {
        for (byte[] line = source.next(); line != null; line = source.next()) {
          taker.take(line, ReceiptLine.read(line), source);
        }
        if (source.number() == 0) {
          run.findings.altered(name, 0, "the file", "receipts or what proves them", "nothing");
        }
      } catch (MalformedLineException e) {
        // What follows is of no use: it can neither be compared with this line nor without it.
        run.findings.altered(
            name,
            source.number(),
            "the line, from byte " + e.column() + " on",
            e.expected(),
            e.found());
      }
      taker.end(source.number());
    } catch (IOException e) {
      throw new UncheckedIOException(name + ": " + e.getMessage(), e);
    }
  }

  private static List<Path> bySize(List<Path> files) throws IOException {
    record Sized(Path file, long bytes) {}
    List<Sized> sized = new ArrayList<>();
    for (Path file : files) {
      sized.add(new Sized(file, Files.size(file)));
    }
    sized.sort(Comparator.comparingLong(Sized::bytes).reversed());
    return sized.stream().map(Sized::file).toList();
  }

  private static String begin(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return new String(in.readNBytes(16), java.nio.charset.StandardCharsets.ISO_8859_1);
    }
  }
}
