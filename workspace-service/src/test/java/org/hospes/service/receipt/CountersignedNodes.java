package org.hospes.service.receipt;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.hospes.service.audit.InMemoryAuditLog;
import org.hospes.service.workspace.SettableClock;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.PathRules;
import org.hospes.trust.receipt.AuditResult;
import org.hospes.trust.receipt.ReceiptAudit;
import org.hospes.trust.receipt.ReceiptChains;
import org.hospes.trust.receipt.TrustedPaths;
import org.hospes.trust.testpki.TestPki;

/** A service that countersigns, nodes that send it what they wrote, and the judge of its files. */
final class CountersignedNodes implements AutoCloseable {
  final InMemoryAuditLog audit = new InMemoryAuditLog();
  final SettableClock clock =
      new SettableClock(Instant.now().minus(Duration.ofMinutes(5)).truncatedTo(ChronoUnit.MILLIS));
  final HeadKeeper keeper;
  final ReceiptFiles files;
  private final Path folder;
  private final TestPki pki;
  private final Credential service;
  private final CertificateDirectory paths;

  CountersignedNodes(Path folder, ReceiptStore store) {
    this(folder, store, ids -> Map.of());
  }

  CountersignedNodes(Path folder, ReceiptStore store, Placements placements) {
    this.folder = folder;
    this.pki = TestPki.create(folder.resolve("pki"));
    this.service = pki.host("service.example.org");
    try {
      this.paths =
          CertificateDirectory.open(
              pki.caDirectory(), PathRules.strict(), Duration.ofHours(1), clock);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.keeper =
        new HeadKeeper(
            store, new TrustedPaths(paths, clock), () -> service, placements, audit, clock);
    this.files = new ReceiptFiles(store, keeper);
  }

  /** A node of that name, whose every batch is sent by itself. */
  final class Node implements AutoCloseable {
    private final String name;
    private final DistinguishedName dn;
    private final ReceiptChains.Node chain;

    Node(String name) {
      this.name = name;
      Credential papers = pki.host(name + ".example.org");
      this.dn = DistinguishedName.ofSubject(papers.leaf());
      this.chain = new ReceiptChains(folder, service, clock.instant()).stranger(papers);
    }

    DistinguishedName dn() {
      return dn;
    }

    /** Boots so many guests of a workspace, and has that countersigned. */
    void boots(UUID workspace, int many) throws IOException {
      for (int i = 0; i < many; i++) {
        chain.boot(workspace);
      }
      chain.batch();
      chain.segment();
      Path written = chain.segments().get(chain.segments().size() - 2);
      keeper.countersign(name, dn, chain.chain(), Files.readAllBytes(written));
    }

    @Override
    public void close() {
      chain.close();
    }
  }

  /** What an audit of those files finds. */
  AuditResult judged(List<byte[]> sent) throws IOException, InterruptedException {
    List<Path> written = new ArrayList<>();
    for (byte[] file : sent) {
      written.add(Files.write(Files.createTempFile(folder, "file", ".jsonl"), file));
    }
    return new ReceiptAudit(
            DistinguishedName.ofSubject(service.leaf()), new TrustedPaths(paths, clock), 2)
        .judge(written);
  }

  @Override
  public void close() {
    paths.close();
  }
}
