package org.hospes.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.receipt.AuditResult;
import org.hospes.trust.receipt.ReceiptAudit;
import org.hospes.trust.receipt.ReceiptChains;
import org.hospes.trust.receipt.TrustedPaths;
import org.hospes.trust.testpki.TestPki;
import org.hospes.wire.security.NativeCrypto;

/**
 * {@code receipts.verified.rate}: receipts that the audit judges in a second, beside {@code
 * sha256sum} of the same files. Once with batches of 64, as a busy node has them, and once with a
 * batch and a head for each receipt, as an idle one has: two signatures to check for each.
 */
final class ReceiptsRate {
  private static final int BATCH = 64;
  private static final int SEGMENT = 50_000;
  private static final int THREADS = 2;

  private final int rounds;
  private final int busy;
  private final int idle;

  /** With so many receipts of each kind. */
  ReceiptsRate(int rounds, int busy, int idle) {
    this.rounds = rounds;
    this.busy = busy;
    this.idle = idle;
  }

  List<Figure> measure(Path folder) throws Exception {
    NativeCrypto.prefer();
    TestPki pki = TestPki.create(folder.resolve("pki"));
    Credential service = pki.host("service.hospes.test");
    Credential node = pki.host("node1.hospes.test");
    List<Figure> figures = new ArrayList<>();
    try (CertificateDirectory paths = pki.validator()) {
      ReceiptAudit audit =
          new ReceiptAudit(
              DistinguishedName.ofSubject(service.leaf()),
              new TrustedPaths(paths, java.time.Clock.systemUTC()),
              THREADS);
      for (boolean single : List.of(false, true)) {
        String name = "receipts.verified.rate" + (single ? ".single" : "");
        int count = single ? idle : busy;
        Path chains = Files.createDirectories(folder.resolve(name));
        List<Path> files = write(chains, service, node, count, single ? 1 : BATCH);
        figures.add(measure(name, audit, files, count));
        for (Path file : files) {
          Files.delete(file);
        }
      }
    }
    return figures;
  }

  private static List<Path> write(
      Path folder, Credential service, Credential host, int count, int batch) {
    ReceiptChains chains = new ReceiptChains(folder, service, Instant.now());
    List<Path> files;
    try (ReceiptChains.Node node = chains.node(host)) {
      for (int i = 1; i <= count; i++) {
        node.boot(new UUID(0, i));
        if (i % batch == 0 || i == count) {
          chains.pass(Duration.ofMillis(1));
          node.batch();
          node.head();
          if (i % SEGMENT < batch && i < count) {
            node.segment();
          }
        }
      }
      files = new ArrayList<>(node.segments());
    }
    files.add(chains.writeSealed());
    return files;
  }

  private Figure measure(String name, ReceiptAudit audit, List<Path> files, int count)
      throws Exception {
    List<String> command = new ArrayList<>(List.of("sha256sum"));
    files.forEach(file -> command.add(file.toString()));
    Rounds measured = new Rounds();
    for (int i = 0; i <= rounds; i++) {
      double cpu = cpuSeconds();
      long begin = System.nanoTime();
      AuditResult result = audit.judge(files);
      double seconds = (System.nanoTime() - begin) / 1e9;
      cpu = cpuSeconds() - cpu;
      if (result.verdict() != AuditResult.Verdict.WHOLE || result.receipts() != count) {
        throw new IllegalStateException("not whole: " + result);
      }
      System.err.printf("  %d receipts in %.2f s, %.2f s of processors%n", count, seconds, cpu);
      double beside = Tool.seconds(command.toArray(String[]::new));
      // The first one is the compiler's.
      if (i > 0) {
        measured.add(name, count / seconds, count / beside);
      }
    }
    return Figure.of(name, "receipts/s", "sha256sum of the files, receipts/s", measured);
  }

  private static double cpuSeconds() {
    return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
  }
}
