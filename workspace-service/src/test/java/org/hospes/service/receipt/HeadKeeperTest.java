package org.hospes.service.receipt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.hospes.service.audit.InMemoryAuditLog;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.SettableClock;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.PathRules;
import org.hospes.trust.receipt.AuditResult;
import org.hospes.trust.receipt.AuditResult.Verdict;
import org.hospes.trust.receipt.ReceiptAudit;
import org.hospes.trust.receipt.ReceiptChains;
import org.hospes.trust.receipt.TrustedPaths;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the service countersigns is what an audit by the real judge of certificates finds whole. */
class HeadKeeperTest {
  private static final DistinguishedName OLIVIA =
      DistinguishedName.parse("/DC=org/DC=hospes/CN=Olivia Operator");

  @TempDir static Path shared;
  private static TestPki pki;
  private static Credential node1;
  private static Credential node2;
  private static Credential first;

  @TempDir Path folder;
  private final InMemoryAuditLog audit = new InMemoryAuditLog();
  private final UUID workspace = UUID.randomUUID();
  private SettableClock clock;
  private CertificateDirectory paths;
  private Credential service;
  private ReceiptStore store = new InMemoryReceiptStore();
  private HeadKeeper keeper;
  private ReceiptFiles files;

  @BeforeAll
  static void papers() {
    pki = TestPki.create(shared.resolve("pki"));
    first = pki.host("service.example.org");
    node1 = pki.host("node1.example.org");
    node2 = pki.host("node2.example.org");
  }

  @BeforeEach
  void wire() throws IOException {
    clock =
        new SettableClock(
            Instant.now().minus(Duration.ofMinutes(5)).truncatedTo(ChronoUnit.MILLIS));
    paths =
        CertificateDirectory.open(
            pki.caDirectory(), PathRules.strict(), Duration.ofHours(1), clock);
    service = first;
    wire(store);
  }

  private void wire(ReceiptStore kept) {
    keeper =
        new HeadKeeper(
            kept, new TrustedPaths(paths, clock), () -> service, ids -> Map.of(), audit, clock);
    files = new ReceiptFiles(kept, keeper);
  }

  @AfterEach
  void close() {
    paths.close();
  }

  /** A node as it writes, whose every batch is sent by itself. */
  private final class Sender implements AutoCloseable {
    final DistinguishedName dn;
    final ReceiptChains.Node node;

    Sender(Credential papers) {
      this.dn = DistinguishedName.ofSubject(papers.leaf());
      this.node = new ReceiptChains(folder, first, clock.instant()).stranger(papers);
    }

    byte[] next(UUID... workspaces) throws IOException {
      for (UUID one : workspaces) {
        node.boot(one);
      }
      node.batch();
      node.segment();
      return Files.readAllBytes(node.segments().get(node.segments().size() - 2));
    }

    HeadKeeper.Countersigned send(byte[] lines) {
      return keeper.countersign("node", dn, node.chain(), lines);
    }

    @Override
    public void close() {
      node.close();
    }
  }

  private AuditResult judged(List<Path> all) throws Exception {
    return new ReceiptAudit(
            DistinguishedName.ofSubject(first.leaf()), new TrustedPaths(paths, clock), 2)
        .judge(all);
  }

  /** All that the service gives out, in files of a few lines. */
  private List<Path> exported(long after) throws IOException {
    List<Path> all = new ArrayList<>();
    List<UUID> chains = new ArrayList<>();
    long next = after;
    while (true) {
      store.said(next, 2).stream()
          .map(Said::chain)
          .filter(chain -> !chains.contains(chain))
          .forEach(chains::add);
      ReceiptFiles.Page page = files.said(next, 2);
      if (page.lines().length == 0) {
        break;
      }
      all.add(Files.write(folder.resolve("said-" + page.next()), page.lines()));
      next = page.next();
    }
    for (UUID chain : chains) {
      next = after;
      while (true) {
        ReceiptFiles.Page page = files.written(chain, next, 2);
        if (page.lines().length == 0) {
          break;
        }
        all.add(Files.write(folder.resolve(chain + "-" + page.next()), page.lines()));
        next = page.next();
      }
    }
    return all;
  }

  private static String code(RefusedException e) {
    return e.refusal().code();
  }

  @Test
  void whatIsCountersignedIsWholeAsItIsGivenOut() throws Exception {
    try (Sender one = new Sender(node1);
        Sender two = new Sender(node2)) {
      assertEquals(1, one.send(new byte[0]).next());
      HeadKeeper.Countersigned done = one.send(one.next(workspace, UUID.randomUUID(), workspace));
      assertEquals(4, done.next());
      assertTrue(new String(done.heads(), StandardCharsets.UTF_8).contains("{\"head\":1"));
      two.send(two.next(UUID.randomUUID()));
      two.send(two.next(workspace));
      one.send(one.next(UUID.randomUUID()));
      assertEquals(5, one.send(new byte[0]).next());
      clock.pass(Duration.ofMinutes(1));

      AuditResult all = judged(exported(0));
      assertEquals(Verdict.WHOLE, all.verdict(), () -> all.findings().toString());
      assertEquals(6, all.receipts());
      assertEquals(2, all.chains());
      assertEquals(Optional.of(clock.instant()), all.asOf());

      Path excerpt = Files.write(folder.resolve("excerpt"), files.excerpt(id(workspace)));
      AuditResult mine = judged(List.of(excerpt));
      assertEquals(Verdict.WHOLE, mine.verdict(), () -> mine.findings().toString());
      assertEquals(3, mine.receipts());
      assertEquals(2, audit.of("receipts.enrolled").size());
    }
  }

  @Test
  void whatCameBeforeAndWhatCameSinceAreWholeTogether() throws Exception {
    try (Sender one = new Sender(node1)) {
      one.send(one.next(workspace));
      one.send(one.next(workspace));
      List<Path> all = exported(0);
      long last = store.end().orElseThrow().seq();
      one.send(one.next(workspace));
      all.addAll(exported(last));
      AuditResult result = judged(all);
      assertEquals(Verdict.WHOLE, result.verdict(), () -> result.findings().toString());
      assertEquals(3, result.receipts());
    }
  }

  @Test
  void nothingIsTakenTwiceAndNothingOutOfItsPlace() throws Exception {
    try (Sender one = new Sender(node1)) {
      byte[] lines = one.next(workspace);
      byte[] later = one.next(workspace);
      assertEquals(
          "receipts.refused", code(assertThrows(RefusedException.class, () -> one.send(later))));
      one.send(lines);
      assertThrows(RefusedException.class, () -> one.send(lines));
      assertEquals(2, store.end().orElseThrow().seq());
      assertEquals(3, one.send(later).next());
      assertEquals(Optional.empty(), keeper.problem());
      assertEquals(Verdict.WHOLE, judged(exported(0)).verdict());
    }
  }

  @Test
  void linesThatAreNotAsTheyWereSignedChangeNothing() throws Exception {
    try (Sender one = new Sender(node1)) {
      String good = new String(one.next(workspace), StandardCharsets.UTF_8);
      for (String bad :
          List.of(
              good.replaceFirst("CN=Ada", "CN=Eve"),
              good.substring(0, good.length() - 1),
              good.substring(0, good.length() / 2),
              good.substring(good.indexOf('\n') + 1),
              good + good,
              "\n" + good)) {
        byte[] lines = bad.getBytes(StandardCharsets.UTF_8);
        assertThrows(RefusedException.class, () -> one.send(lines), bad);
      }
      assertEquals(Optional.empty(), store.end());
      assertTrue(keeper.problem().orElseThrow().contains("node"));
      one.send(good.getBytes(StandardCharsets.UTF_8));
      assertEquals(Optional.empty(), keeper.problem());
    }
  }

  @Test
  void aNodeSpeaksForItsOwnChainOnly() throws Exception {
    try (Sender one = new Sender(node1)) {
      byte[] lines = one.next(workspace);
      DistinguishedName two = DistinguishedName.ofSubject(node2.leaf());
      assertThrows(
          RefusedException.class, () -> keeper.countersign("node2", two, one.node.chain(), lines));
      one.send(lines);
      assertEquals(
          "receipts.other-chain",
          code(
              assertThrows(
                  RefusedException.class,
                  () -> keeper.countersign("node2", two, one.node.chain(), new byte[0]))));
    }
  }

  @Test
  void anotherChainIsTakenWhenAnOperatorSaysSoAndShowsInTheAudit() throws Exception {
    try (Sender one = new Sender(node1);
        Sender again = new Sender(node1)) {
      one.send(one.next(workspace));
      byte[] lines = again.next(workspace);
      assertEquals(
          "receipts.other-chain",
          code(assertThrows(RefusedException.class, () -> again.send(lines))));
      assertThrows(RefusedException.class, () -> again.send(new byte[0]));
      String told = keeper.problem().orElseThrow();
      assertTrue(told.contains("node node"), told);
      assertEquals(1, audit.of("receipts.refused").size());

      NodeChain left = keeper.renew(one.dn, OLIVIA).orElseThrow();
      assertEquals(one.node.chain(), left.chain());
      assertEquals(1, left.to());
      assertEquals(1, again.send(new byte[0]).next());
      assertEquals(2, again.send(lines).next());
      assertEquals(Optional.empty(), keeper.problem());
      assertThrows(RefusedException.class, () -> one.send(one.next(workspace)));
      AuditResult result = judged(exported(0));
      assertEquals(Verdict.WHOLE, result.verdict(), () -> result.findings().toString());
      assertTrue(
          result.findings().stream().anyMatch(f -> f.what().contains("began another chain")),
          () -> result.findings().toString());
    }
  }

  @Test
  void aNodeWithAnOlderChainIsToldOf() throws Exception {
    try (Sender one = new Sender(node1)) {
      one.send(one.next(workspace, workspace));
      UUID chain = one.node.chain();
      String batch = store.chain(chain).orElseThrow().lastBatch();
      keeper.reported("node", one.dn, Optional.of(new HeadKeeper.Reported(chain, 2, batch)));
      for (Optional<HeadKeeper.Reported> wrong :
          List.of(
              Optional.<HeadKeeper.Reported>empty(),
              Optional.of(new HeadKeeper.Reported(chain, 1, batch)),
              Optional.of(new HeadKeeper.Reported(chain, 2, "0".repeat(64))),
              Optional.of(new HeadKeeper.Reported(UUID.randomUUID(), 2, batch)))) {
        keeper.reported("node", one.dn, wrong);
        assertTrue(keeper.problem().isPresent(), wrong::toString);
        keeper.reported("node", one.dn, Optional.of(new HeadKeeper.Reported(chain, 2, batch)));
        assertEquals(Optional.empty(), keeper.problem());
      }
      keeper.reported(
          "node", one.dn, Optional.of(new HeadKeeper.Reported(chain, 7, "1".repeat(64))));
      assertEquals(Optional.empty(), keeper.problem(), "it is only behind");
    }
  }

  @Test
  void keysOfNodeAndServiceMayBeRenewed() throws Exception {
    try (Sender one = new Sender(node1)) {
      one.send(one.next(workspace));
      one.node.stolenBy(pki.host("node1.example.org"));
      one.send(one.next(workspace));
      service = pki.host("service.example.org");
      one.send(one.next(workspace));
      AuditResult result = judged(exported(0));
      assertEquals(Verdict.WHOLE, result.verdict(), () -> result.findings().toString());
      assertEquals(2, audit.of("receipts.enrolled").size());
      Path excerpt = Files.write(folder.resolve("excerpt"), files.excerpt(id(workspace)));
      AuditResult mine = judged(List.of(excerpt));
      assertEquals(Verdict.WHOLE, mine.verdict(), () -> mine.findings().toString());
      service = pki.host("another.example.org");
      byte[] next = one.next(workspace);
      assertEquals(
          "receipts.service-renamed",
          code(assertThrows(RefusedException.class, () -> one.send(next))));
    }
  }

  @Test
  void aKeyOfAnotherNameIsNotEnrolled() throws Exception {
    try (Sender one = new Sender(node1)) {
      one.send(one.next(workspace));
      one.node.stolenBy(node2);
      byte[] lines = one.next(workspace);
      assertThrows(RefusedException.class, () -> one.send(lines));
      assertEquals(2, store.end().orElseThrow().seq());
    }
  }

  @Test
  void aClockThatGoesBackDoesNotTakeTheChainAlong() throws Exception {
    try (Sender one = new Sender(node1)) {
      one.send(one.next(workspace));
      clock.pass(Duration.ofMinutes(-3));
      one.send(one.next(workspace));
      AuditResult result = judged(exported(0));
      assertEquals(Verdict.WHOLE, result.verdict(), () -> result.findings().toString());
    }
  }

  @Test
  void killedBeforeOrAfterItKeptThemNoHeadIsLostOrDoubled() throws Exception {
    class Killed extends InMemoryReceiptStore {
      private boolean before;
      private boolean after;

      @Override
      public synchronized void keep(Addition addition) {
        if (before) {
          throw new IllegalStateException("killed before");
        }
        super.keep(addition);
        if (after) {
          throw new IllegalStateException("killed after");
        }
      }
    }

    Killed killed = new Killed();
    store = killed;
    wire(store);
    try (Sender one = new Sender(node1)) {
      byte[] lines = one.next(workspace);
      killed.before = true;
      assertThrows(IllegalStateException.class, () -> one.send(lines));
      wire(store);
      assertEquals(1, one.send(new byte[0]).next());
      killed.before = false;
      killed.after = true;
      assertThrows(IllegalStateException.class, () -> one.send(lines));
      wire(store);
      assertEquals(2, one.send(new byte[0]).next());
      killed.after = false;
      one.send(one.next(workspace));
      AuditResult result = judged(exported(0));
      assertEquals(Verdict.WHOLE, result.verdict(), () -> result.findings().toString());
      assertEquals(2, result.receipts());
      assertEquals(3, store.end().orElseThrow().seq());
    }
  }

  @Test
  void aWorkspaceWithoutReceiptsIsToldSo() {
    RefusedException none =
        assertThrows(RefusedException.class, () -> files.excerpt(id(UUID.randomUUID())));
    assertEquals("receipt.none", code(none));
  }

  private static WorkspaceId id(UUID uuid) {
    return new WorkspaceId(uuid);
  }
}
