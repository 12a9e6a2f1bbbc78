package org.hospes.trust.receipt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A line is written in one way only, and a file that is not the one that was sealed is not whole.
 */
class ReceiptLineFuzzTest {
  private static final UUID WORKSPACE = UUID.fromString("6f0f3c1e-2a52-4c88-9f2c-0c1a2b3c4d5e");

  @TempDir static Path dir;
  private static TestPki pki;
  private static Credential service;
  private static byte[] excerpt;
  private static byte[] said;
  private static byte[] segment;

  @BeforeAll
  static void chains() throws IOException {
    pki = TestPki.create(dir);
    service = pki.host("service.example.org");
    Instant begin = Instant.now().truncatedTo(ChronoUnit.MILLIS).minus(Duration.ofMinutes(5));
    ReceiptChains chains = new ReceiptChains(dir, service, begin);
    chains.watch(WORKSPACE);
    Credential alpha = pki.host("alpha.example.org");
    ReceiptChains.Node node = chains.stranger(alpha);
    node.boot(UUID.randomUUID());
    node.boot(WORKSPACE);
    node.boot(UUID.randomUUID());
    node.batch();
    chains.enrol(node, alpha);
    node.head();
    node.close();
    excerpt = Files.readAllBytes(chains.writeExcerpt(true));
    said = Files.readAllBytes(chains.writeSealed());
    segment = Files.readAllBytes(node.segments().get(0));
  }

  static Stream<byte[]> lines() {
    Stream<byte[]> ofPages =
        Stream.of(
            new Excerpt(WORKSPACE, 0, Optional.of(10L)).line(),
            new Excerpt(WORKSPACE, 10, Optional.empty()).line(),
            new Doubt("it was \"never\" there").line());
    return Stream.concat(
        ofPages,
        Stream.of(excerpt, said, segment)
            .flatMap(file -> new String(file, StandardCharsets.UTF_8).lines())
            .map(line -> line.getBytes(StandardCharsets.UTF_8)));
  }

  @MethodSource("lines")
  @FuzzTest(maxDuration = "60s")
  void aLineIsWrittenInOneWay(byte[] line) {
    ReceiptLine read;
    try {
      read = ReceiptLine.read(line);
    } catch (MalformedLineException e) {
      assertTrue(e.column() >= 0 && e.column() <= line.length, e.getMessage());
      return;
    }
    assertTrue(line.length <= ReceiptLine.LONGEST);
    if (read instanceof Receipt receipt) {
      assertArrayEquals(line, receipt.line());
    } else if (read instanceof Papers papers) {
      assertArrayEquals(line, papers.line());
    } else if (read instanceof Proof proof) {
      assertArrayEquals(line, proof.line());
    } else if (read instanceof Doubt doubt) {
      assertArrayEquals(line, doubt.line());
    } else if (read instanceof Excerpt start) {
      assertArrayEquals(line, start.line());
    } else {
      // Of a signed line every byte before the signature is signed, and it ends in one way.
      byte[] tail = LineText.tail(((SignedLine) read).signature());
      assertArrayEquals(tail, Arrays.copyOfRange(line, line.length - tail.length, line.length));
    }
  }

  static Stream<byte[]> files() {
    return Stream.of(excerpt, said, segment);
  }

  @MethodSource("files")
  @FuzzTest(maxDuration = "60s")
  void onlyTheSealedFileIsWhole(byte[] bytes) throws Exception {
    Path file = Files.write(dir.resolve("fuzz.jsonl"), bytes);
    AuditResult result =
        new ReceiptAudit(
                DistinguishedName.ofSubject(service.leaf()),
                new KnownAuthority(pki.caCertificate()),
                1)
            .judge(List.of(file));
    if (!Arrays.equals(bytes, excerpt)) {
      assertNotEquals(AuditResult.Verdict.WHOLE, result.verdict());
    } else {
      assertEquals(List.of(), result.findings());
    }
  }
}
