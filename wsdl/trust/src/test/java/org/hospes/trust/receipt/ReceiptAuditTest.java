package org.hospes.trust.receipt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReceiptAuditTest {
  @TempDir static Path papers;
  private static TestPki pki;
  private static Credential host;
  private static Credential alpha;
  @TempDir Path dir;
  private KnownAuthority judge;
  private Credential service;
  private ReceiptChains chains;
  private final Instant begin = Instant.now().truncatedTo(ChronoUnit.MILLIS);

  @BeforeAll
  static void authority() {
    pki = TestPki.create(papers);
    host = pki.host("service.example.org");
    alpha = pki.host("alpha.example.org");
  }

  @BeforeEach
  void chain() {
    judge = new KnownAuthority(pki.caCertificate());
    service = host;
    chains = new ReceiptChains(dir, service, begin);
  }

  private AuditResult audit(List<Path> files) throws Exception {
    return new ReceiptAudit(DistinguishedName.ofSubject(service.leaf()), judge, 2).judge(files);
  }

  private AuditResult.Verdict verdict(List<Path> files) throws Exception {
    return audit(files).verdict();
  }

  private static void boots(ReceiptChains.Node node, int count) {
    for (int i = 0; i < count; i++) {
      node.boot(UUID.randomUUID());
    }
    node.batch();
    node.head();
  }

  /** Two segments of one node and the service's chain: small, and with a line of every kind. */
  private List<Path> bundle() {
    ReceiptChains.Node node = chains.node(alpha);
    boots(node, 2);
    node.segment();
    boots(node, 1);
    boots(node, 1);
    node.close();
    List<Path> files = new ArrayList<>(node.segments());
    files.add(chains.writeSealed());
    return files;
  }

  @Test
  void whatIsUntouchedIsWhole() throws Exception {
    AuditResult result = audit(bundle());
    assertEquals(List.of(), result.findings());
    assertEquals(AuditResult.Verdict.WHOLE, result.verdict());
    assertEquals(4, result.receipts());
    assertEquals(3, result.batches());
    assertEquals(4, result.heads());
    assertEquals(begin, result.asOf().orElseThrow());
  }

  @Test
  void theOrderOfFilesIsNoMatter() throws Exception {
    List<Path> files = bundle();
    Collections.reverse(files);
    assertEquals(AuditResult.Verdict.WHOLE, verdict(files));
  }

  @Test
  void everyByteCounts() throws Exception {
    List<Path> files = bundle();
    Random random = new Random(7);
    for (Path file : files) {
      byte[] before = Files.readAllBytes(file);
      for (int i = 0; i < before.length; i++) {
        byte[] after = before.clone();
        after[i] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, after);
        assertEquals(AuditResult.Verdict.ALTERED, verdict(files), file + " byte " + i);
      }
      Files.write(file, before);
    }
    assertEquals(AuditResult.Verdict.WHOLE, verdict(files));
  }

  @Test
  void noLineMayGoComeTwiceOrMove() throws Exception {
    List<Path> files = bundle();
    for (Path file : files) {
      List<byte[]> lines = lines(Files.readAllBytes(file));
      for (int i = 0; i < lines.size(); i++) {
        boolean seal = i == lines.size() - 1 && file.endsWith("service.jsonl");
        List<byte[]> without = new ArrayList<>(lines);
        without.remove(i);
        Files.write(file, joined(without));
        assertEquals(
            seal ? AuditResult.Verdict.NOT_SHOWN_COMPLETE : AuditResult.Verdict.ALTERED,
            verdict(files),
            file + " without line " + (i + 1));
        List<byte[]> twice = new ArrayList<>(lines);
        twice.add(i, lines.get(i));
        Files.write(file, joined(twice));
        assertEquals(AuditResult.Verdict.ALTERED, verdict(files), file + " twice " + (i + 1));
        for (int j = i + 1; j < lines.size(); j++) {
          List<byte[]> swapped = new ArrayList<>(lines);
          Collections.swap(swapped, i, j);
          Files.write(file, joined(swapped));
          assertEquals(
              AuditResult.Verdict.ALTERED, verdict(files), file + " " + (i + 1) + "<>" + (j + 1));
        }
      }
      Files.write(file, joined(lines));
    }
  }

  @Test
  void noFileMayBeCut() throws Exception {
    List<Path> files = bundle();
    for (Path file : files) {
      byte[] before = Files.readAllBytes(file);
      for (int length = 0; length < before.length; length += 61) {
        Files.write(file, Arrays.copyOf(before, length));
        assertNotEquals(AuditResult.Verdict.WHOLE, verdict(files), file + " cut to " + length);
      }
      Files.write(file, before);
      for (int cut = 1; cut <= lines(before).size(); cut++) {
        List<byte[]> lines = lines(before);
        Files.write(file, joined(lines.subList(0, lines.size() - cut)));
        AuditResult result = audit(files);
        boolean service = file.endsWith("service.jsonl");
        assertEquals(
            service && lines.size() > cut && !dangling(lines, cut)
                ? AuditResult.Verdict.NOT_SHOWN_COMPLETE
                : AuditResult.Verdict.ALTERED,
            result.verdict(),
            file + " without its last " + cut + " lines: " + result.findings());
      }
      Files.write(file, before);
    }
  }

  /** What is left ends with a certificate that signed nothing. */
  private static boolean dangling(List<byte[]> lines, int cut) {
    return lines.get(lines.size() - cut - 1)[2] == 'c';
  }

  @Test
  void aLineOfMoreOrOtherWhitespaceIsAnother() throws Exception {
    List<Path> files = bundle();
    for (Path file : files) {
      byte[] before = Files.readAllBytes(file);
      Random random = new Random(11);
      for (int i = 0; i < 300; i++) {
        int at = random.nextInt(before.length + 1);
        ByteArrayOutputStream after = new ByteArrayOutputStream();
        after.write(before, 0, at);
        after.write(" \n\r\t,}\"0".charAt(random.nextInt(8)));
        after.write(before, at, before.length - at);
        Files.write(file, after.toByteArray());
        assertEquals(AuditResult.Verdict.ALTERED, verdict(files), file + " more at " + at);
      }
      Files.write(file, before);
    }
  }

  @Test
  void aFileLeftOutOrGivenTwiceShows() throws Exception {
    List<Path> files = bundle();
    assertEquals(AuditResult.Verdict.ALTERED, verdict(List.of(files.get(0), files.get(2))));
    assertEquals(AuditResult.Verdict.ALTERED, verdict(List.of(files.get(1), files.get(2))));
    assertEquals(
        AuditResult.Verdict.NOT_SHOWN_COMPLETE, verdict(List.of(files.get(0), files.get(1))));
    assertEquals(AuditResult.Verdict.NOT_SHOWN_COMPLETE, verdict(List.of(files.get(2))));
    for (Path file : files) {
      List<Path> twice = new ArrayList<>(files);
      twice.add(file);
      assertEquals(AuditResult.Verdict.ALTERED, verdict(twice), "twice " + file);
    }
  }

  @Test
  void receiptsWithoutTheirHeadAreNotShownComplete() throws Exception {
    ReceiptChains.Node node = chains.node(alpha);
    boots(node, 3);
    node.boot(UUID.randomUUID());
    node.batch();
    node.boot(UUID.randomUUID());
    node.close();
    AuditResult result = audit(List.of(node.segments().get(0), chains.writeSealed()));
    assertEquals(AuditResult.Verdict.NOT_SHOWN_COMPLETE, result.verdict());
    assertEquals(1, result.findings().size());
    assertTrue(result.findings().get(0).expected().contains("receipts 4 to 5"));
    assertEquals("heads up to 3", result.findings().get(0).found());
  }

  @Test
  void oneHeadReachesOverSeveralBatches() throws Exception {
    ReceiptChains.Node node = chains.node(alpha);
    node.boot(UUID.randomUUID());
    node.batch();
    boots(node, 2);
    node.close();
    List<Path> files = List.of(node.segments().get(0), chains.writeSealed());
    assertEquals(AuditResult.Verdict.WHOLE, verdict(files));
  }

  @Test
  void aBatchByAKeyThatWasNotEnrolledIsNone() throws Exception {
    ReceiptChains.Node node = chains.node(alpha);
    boots(node, 1);
    node.stolenBy(pki.host("alpha.example.org"));
    boots(node, 1);
    node.close();
    AuditResult result = audit(List.of(node.segments().get(0), chains.writeSealed()));
    assertEquals(AuditResult.Verdict.ALTERED, result.verdict());
    assertTrue(result.findings().get(0).what().startsWith("whose key signed"));
  }

  @Test
  void aNodeSignsForItselfOnly() throws Exception {
    ReceiptChains.Node node = chains.node(alpha);
    node.rollTo(pki.host("beta.example.org"));
    boots(node, 1);
    node.close();
    assertEquals(
        AuditResult.Verdict.ALTERED,
        verdict(List.of(node.segments().get(0), chains.writeSealed())));
  }

  @Test
  void anotherServicesWordIsNone() throws Exception {
    service = pki.host("other.example.org");
    AuditResult result = audit(bundle());
    assertEquals(AuditResult.Verdict.ALTERED, result.verdict());
    assertFalse(result.findings().isEmpty());
  }

  @Test
  void aStrangerCaIsNotTrusted() throws Exception {
    Credential impostor = pki.impostor().host("service.example.org");
    chains = new ReceiptChains(dir, impostor, begin);
    assertEquals(AuditResult.Verdict.ALTERED, verdict(bundle()));
  }

  @Test
  void keysRollAndExpire() throws Exception {
    Credential old = issue("alpha", -9, 1);
    Credential oldService = issue("service", -9, 2);
    chains = new ReceiptChains(dir, oldService, begin.minus(Duration.ofDays(5)));
    service = oldService;
    ReceiptChains.Node node = chains.node(old);
    boots(node, 2);
    chains.pass(Duration.ofDays(7));
    chains.serviceBy(issue("service", 0, 30));
    chains.pass(Duration.ofMinutes(1));
    node.rollTo(issue("alpha", 0, 30));
    boots(node, 2);
    node.segment();
    boots(node, 1);
    node.close();
    List<Path> files = new ArrayList<>(node.segments());
    files.add(chains.writeSealed());
    AuditResult result = audit(files);
    assertEquals(List.of(), result.findings());
    assertEquals(AuditResult.Verdict.WHOLE, result.verdict());
  }

  @Test
  void whatWasCountersignedAfterACertificateEndedIsNone() throws Exception {
    ReceiptChains.Node node = chains.node(issue("alpha", -9, 1));
    boots(node, 1);
    chains.pass(Duration.ofDays(2));
    boots(node, 1);
    node.close();
    AuditResult result = audit(List.of(node.segments().get(0), chains.writeSealed()));
    assertEquals(AuditResult.Verdict.ALTERED, result.verdict());
    assertEquals(1, result.findings().size());
    assertEquals(
        "the certificate of " + ReceiptChains.name(alpha), result.findings().get(0).what());
  }

  @Test
  void aRevokedKeyIsGoodForWhatWasCountersignedBefore() throws Exception {
    ReceiptChains.Node node = chains.node(alpha);
    boots(node, 1);
    chains.pass(Duration.ofHours(2));
    judge.revoke(alpha.leaf(), chains.now());
    node.close();
    Path said = chains.writeSealed();
    AuditResult before = audit(List.of(node.segments().get(0), said));
    assertEquals(AuditResult.Verdict.WHOLE, before.verdict());
    assertEquals(AuditFinding.Kind.NOTE, before.findings().get(0).kind());
    judge.revoke(alpha.leaf(), begin);
    assertEquals(AuditResult.Verdict.ALTERED, verdict(List.of(node.segments().get(0), said)));
  }

  @Test
  void timeDoesNotGoBack() throws Exception {
    ReceiptChains.Node node = chains.node(alpha);
    boots(node, 1);
    chains.pass(Duration.ofSeconds(-1));
    boots(node, 1);
    node.close();
    assertEquals(
        AuditResult.Verdict.ALTERED,
        verdict(List.of(node.segments().get(0), chains.writeSealed())));
  }

  @Test
  void aFloodOfFindingsIsCutShort() throws Exception {
    service = pki.host("other.example.org");
    ReceiptChains.Node node = chains.node(alpha);
    for (int i = 0; i < 200; i++) {
      boots(node, 1);
    }
    node.close();
    AuditResult result = audit(List.of(node.segments().get(0), chains.writeSealed()));
    assertTrue(result.findings().size() < 220, result.findings().size() + " findings");
    assertEquals(AuditResult.Verdict.ALTERED, result.verdict());
  }

  private Credential issue(String host, int fromDays, int toDays) {
    String name = "/DC=org/DC=hospes/CN=" + host + ".example.org";
    return pki.issue(
        name, begin.plus(Duration.ofDays(fromDays)), begin.plus(Duration.ofDays(toDays)), host);
  }

  static List<byte[]> lines(byte[] text) {
    List<byte[]> lines = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < text.length; i++) {
      if (text[i] == '\n') {
        lines.add(Arrays.copyOfRange(text, start, i + 1));
        start = i + 1;
      }
    }
    return lines;
  }

  static byte[] joined(List<byte[]> lines) throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (byte[] line : lines) {
      text.write(line);
    }
    return text.toByteArray();
  }
}
