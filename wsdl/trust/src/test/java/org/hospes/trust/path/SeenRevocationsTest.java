package org.hospes.trust.path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedWriter;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was revoked once stays so, whatever happens to the file that says it. */
class SeenRevocationsTest {
  private static final String GOOD = "1a2b\t2026-01-02T03:04:05Z\t/DC=org/DC=hospes/CN=CA\n";
  private static final int MILLION = 1_000_000;

  @TempDir Path dir;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a torn li",
        "1a2b",
        "xyz\t2026-01-02T03:04:05Z\t/DC=org/CN=CA",
        "1a2b\tyesterday\t/DC=org/CN=CA",
        "1a2b\t2026-01-02T03:04:05Z\tnobody",
        "\u0000\u0000\u0000",
        " "
      })
  void aDamagedLineThatIsNotTheLastStopsTheStart(String damage) throws IOException {
    Path file = dir.resolve("revocations");
    Files.writeString(file, GOOD + "\n" + damage + "\n" + GOOD);
    IOException e = assertThrows(IOException.class, () -> SeenRevocations.open(Optional.of(file)));
    assertTrue(e.getMessage().contains("line 3"), e.getMessage());
    assertTrue(e.getMessage().contains("backup"), e.getMessage());

    Files.writeString(file, GOOD + damage);
    SeenRevocations torn = SeenRevocations.open(Optional.of(file));
    assertEquals(0, torn.unwritten());
  }

  @Test
  void whatATornLineLeftIsWrittenOver() throws Exception {
    TestPki pki = TestPki.create(dir);
    Credential ada = pki.user("Ada");
    Path file = dir.resolve("revocations");
    Files.writeString(file, GOOD + "a torn line, and a long one, of a batch that a crash cut of");
    pki.revoke(ada);
    for (int start = 0; start < 2; start++) {
      try (CertificateDirectory paths = open(pki, file)) {
        assertEquals(0, paths.unwrittenRevocations());
        assertTrue(paths.revokedSince(ada.chain()).isPresent());
      }
      List<String> lines = Files.readAllLines(file);
      assertEquals(GOOD.strip(), lines.get(0));
      assertEquals(2, lines.size(), lines.toString());
    }
  }

  @Test
  void aWholeLineWithoutItsEndIsKept() throws Exception {
    TestPki pki = TestPki.create(dir);
    Credential ada = pki.user("Ada");
    Path file = dir.resolve("revocations");
    pki.revoke(ada);
    open(pki, file).close();
    Files.writeString(file, Files.readString(file).stripTrailing());
    pki.unlistRevoked(ada);
    pki.revoke(pki.user("Bob"));
    open(pki, file).close();
    try (CertificateDirectory paths = open(pki, file)) {
      assertTrue(paths.revokedSince(ada.chain()).isPresent());
    }
    assertEquals(2, Files.readAllLines(file).size());
  }

  @Test
  void whatCannotBeWrittenCountsAndIsToldAndTriedAgain() throws Exception {
    TestPki pki = TestPki.create(dir);
    Credential ada = pki.user("Ada");
    Path away = dir.resolve("away");
    Path file = away.resolve("revocations");
    pki.revoke(ada);
    try (CertificateDirectory paths = open(pki, file)) {
      assertEquals(1, paths.unwrittenRevocations());
      assertTrue(paths.memoryProblem().orElseThrow().contains(file.toString()));
      assertTrue(paths.warnings().contains(paths.memoryProblem().orElseThrow()));
      assertTrue(paths.revokedSince(ada.chain()).isPresent());
      Files.createDirectory(away);
      pki.revoke(pki.user("Bob"));
      assertTrue(paths.refresh());
      assertEquals(0, paths.unwrittenRevocations());
      assertEquals(Optional.empty(), paths.memoryProblem());
    }
    pki.unlistRevoked(ada);
    try (CertificateDirectory paths = open(pki, file)) {
      assertTrue(paths.revokedSince(ada.chain()).isPresent());
    }
  }

  @Test
  void aMillionTakeBoundedMemory() throws IOException {
    Path file = dir.resolve("revocations");
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      for (int i = 0; i < MILLION; i++) {
        out.write(serial(i).toString(16));
        out.write("\t2026-01-02T03:04:05Z\t/DC=org/DC=hospes/CN=CA ");
        out.write(Integer.toString(i / (MILLION / 4)));
        out.write('\n');
      }
    }
    long before = used();
    SeenRevocations memory = SeenRevocations.open(Optional.of(file));
    long taken = used() - before;
    assertTrue(taken < 80L << 20, taken + " bytes for a million revocations");
    assertEquals(0, memory.unwritten());

    RevocationTable table = new RevocationTable();
    Instant at = Instant.parse("1969-12-31T23:59:58Z");
    for (int i = 0; i < MILLION; i += 100) {
      assertTrue(table.put("/CN=CA", serial(i), at.plusSeconds(i)));
    }
    for (int i = 0; i < MILLION; i += 50) {
      assertEquals(
          i % 100 == 0 ? Optional.of(at.plusSeconds(i)) : Optional.empty(),
          table.find("/CN=CA", serial(i)));
      assertEquals(Optional.empty(), table.find("/CN=CB", serial(i)));
    }
    assertEquals(MILLION / 100, table.size());
    // Kept until here, so that what it takes was measured.
    assertEquals(Optional.empty(), memory.trouble());
  }

  /** As long as serial numbers may be, and longer. */
  private static BigInteger serial(int i) {
    return BigInteger.ONE.shiftLeft(159 + i % 3 * 40).add(BigInteger.valueOf(i));
  }

  private static long used() {
    Runtime runtime = Runtime.getRuntime();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      System.gc();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
    }
    return least;
  }

  private static CertificateDirectory open(TestPki pki, Path file) throws IOException {
    return CertificateDirectory.open(
        pki.caDirectory(),
        PathRules.strict().rememberingIn(file),
        Duration.ofDays(1),
        Clock.systemUTC());
  }
}
