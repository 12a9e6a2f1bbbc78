package org.hospes.trust.receipt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The receipts of one workspace, in a file of their own. */
class ExcerptAuditTest {
  @TempDir static Path papers;
  private static TestPki pki;
  private static Credential service;
  private static Credential alpha;
  @TempDir Path dir;
  private final Instant begin = Instant.now().truncatedTo(ChronoUnit.MILLIS);
  private ReceiptChains chains;

  @BeforeAll
  static void authority() {
    pki = TestPki.create(papers);
    service = pki.host("service.example.org");
    alpha = pki.host("alpha.example.org");
  }

  @BeforeEach
  void chain() {
    chains = new ReceiptChains(dir, service, begin);
  }

  private static AuditResult audit(List<Path> files) throws Exception {
    return new ReceiptAudit(
            DistinguishedName.ofSubject(service.leaf()), new KnownAuthority(pki.caCertificate()), 2)
        .judge(files);
  }

  private static AuditResult.Verdict verdict(List<Path> files) throws Exception {
    return audit(files).verdict();
  }

  /** One workspace's boot, among others of its batch. */
  private Path excerpt(boolean head, boolean sealed) {
    UUID workspace = UUID.randomUUID();
    chains.watch(workspace);
    ReceiptChains.Node node = chains.stranger(alpha);
    node.boot(UUID.randomUUID());
    node.boot(workspace);
    node.boot(UUID.randomUUID());
    node.batch();
    chains.enrol(node, alpha);
    if (head) {
      node.head();
    }
    node.close();
    return chains.writeExcerpt(sealed);
  }

  @Test
  void anExcerptProvesAWorkspacesReceiptsWithoutTheOthers() throws Exception {
    AuditResult result = audit(List.of(excerpt(true, true)));
    assertEquals(List.of(), result.findings());
    assertEquals(AuditResult.Verdict.WHOLE, result.verdict());
    assertEquals(1, result.receipts());
    assertEquals(begin, result.asOf().orElseThrow());
  }

  @Test
  void anExcerptWithoutItsHeadOrSealIsNotShownComplete() throws Exception {
    Path file = excerpt(false, true);
    assertEquals(AuditResult.Verdict.NOT_SHOWN_COMPLETE, verdict(List.of(file)));
    chains = new ReceiptChains(dir, service, begin);
    assertEquals(AuditResult.Verdict.NOT_SHOWN_COMPLETE, verdict(List.of(excerpt(true, false))));
  }

  @Test
  void everyByteAndLineOfAnExcerptCounts() throws Exception {
    Path file = excerpt(true, true);
    byte[] before = Files.readAllBytes(file);
    for (int i = 0; i < before.length; i += 3) {
      byte[] after = before.clone();
      after[i] ^= 1;
      Files.write(file, after);
      assertEquals(AuditResult.Verdict.ALTERED, verdict(List.of(file)), "byte " + i);
    }
    List<byte[]> lines = ReceiptAuditTest.lines(before);
    for (int i = 0; i < lines.size(); i++) {
      List<byte[]> without = new ArrayList<>(lines);
      without.remove(i);
      Files.write(file, ReceiptAuditTest.joined(without));
      assertNotEquals(AuditResult.Verdict.WHOLE, verdict(List.of(file)), "line " + (i + 1));
    }
  }
}
