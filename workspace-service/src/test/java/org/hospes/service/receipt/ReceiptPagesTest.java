package org.hospes.service.receipt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.receipt.AuditResult;
import org.hospes.trust.receipt.AuditResult.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The receipts of one workspace, however many it has, and whoever wrote some that are not its. */
class ReceiptPagesTest {
  @TempDir Path folder;
  private final UUID workspace = UUID.randomUUID();
  private final WorkspaceId id = new WorkspaceId(workspace);

  private List<byte[]> pages(CountersignedNodes site, long from) {
    List<byte[]> pages = new ArrayList<>();
    Optional<Long> next = Optional.of(from);
    while (next.isPresent()) {
      ReceiptFiles.Excerpts page = site.files.excerpt(id, next.get());
      pages.add(page.lines());
      next = page.next();
    }
    return pages;
  }

  private static byte[] joined(List<byte[]> pages) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    pages.forEach(file::writeBytes);
    return file.toByteArray();
  }

  private static String code(Runnable question) {
    return assertThrows(RefusedException.class, question::run).refusal().code();
  }

  @Test
  void aWorkspaceOf2500BootsHasItsReceiptsInPagesThatJoin() throws Exception {
    try (CountersignedNodes site = new CountersignedNodes(folder, new InMemoryReceiptStore());
        CountersignedNodes.Node node = site.new Node("node1")) {
      for (int i = 0; i < 25; i++) {
        node.boots(workspace, 100);
        node.boots(UUID.randomUUID(), 1);
      }
      assertEquals("receipt.too-many", code(() -> site.files.excerpt(id)));
      List<byte[]> pages = pages(site, 0);
      assertEquals(3, pages.size());
      for (List<byte[]> files : List.of(pages, List.of(joined(pages)))) {
        AuditResult all = site.judged(files);
        assertEquals(Verdict.WHOLE, all.verdict(), () -> all.findings().toString());
        assertEquals(2500, all.receipts());
        assertEquals(0, all.doubted());
        assertEquals(Optional.of(site.clock.instant()), all.asOf());
      }

      for (int left = 0; left < pages.size(); left++) {
        List<byte[]> others = new ArrayList<>(pages);
        others.remove(left);
        assertEquals(Verdict.NOT_SHOWN_COMPLETE, site.judged(others).verdict(), "without " + left);
        assertEquals(
            Verdict.NOT_SHOWN_COMPLETE, site.judged(pages.subList(left, left + 1)).verdict());
      }
      assertEquals(
          Verdict.ALTERED,
          site.judged(List.of(joined(List.of(pages.get(0), pages.get(2))))).verdict());

      assertEquals("receipt.fewer", code(() -> site.files.excerpt(id, 2501)));
      pages.addAll(pages(site, 2500));
      node.boots(workspace, 1);
      pages.addAll(pages(site, 2500));
      AuditResult more = site.judged(pages);
      assertEquals(Verdict.WHOLE, more.verdict(), () -> more.findings().toString());
      assertEquals(2501, more.receipts());
    }
  }

  @Test
  void aNodeThatSpeaksOfOthersWorkspacesIsToldOfAndNotBelieved() throws Exception {
    Map<WorkspaceId, Set<String>> placed = Map.of(id, Set.of("node1", "node2"));
    try (CountersignedNodes site =
            new CountersignedNodes(
                folder, new InMemoryReceiptStore(), ids -> ids.contains(id) ? placed : Map.of());
        CountersignedNodes.Node first = site.new Node("node1");
        CountersignedNodes.Node moved = site.new Node("node2");
        CountersignedNodes.Node lying = site.new Node("node3")) {
      first.boots(workspace, 2);
      moved.boots(workspace, 1);
      first.boots(workspace, 1);
      lying.boots(UUID.randomUUID(), 1);
      assertEquals(Optional.empty(), site.keeper.problem());
      AuditResult before = site.judged(pages(site, 0));
      assertEquals(4, before.receipts());
      assertEquals(0, before.doubted());

      lying.boots(workspace, 600);
      lying.boots(workspace, 600);
      moved.boots(workspace, 1);
      String told = site.keeper.problem().orElseThrow();
      assertTrue(told.contains("node3 wrote that workspace " + id), told);
      assertTrue(told.contains("only ever placed on node1, node2"), told);
      assertEquals(1, site.audit.of("receipts.doubted").size());

      AuditResult all = site.judged(List.of(joined(pages(site, 0))));
      assertEquals(Verdict.WHOLE, all.verdict(), () -> all.findings().toString());
      assertEquals(1205, all.receipts());
      assertEquals(1200, all.doubted());
      assertTrue(
          all.findings().stream().anyMatch(f -> f.found().equals(Doubts.WHY)),
          () -> all.findings().toString());

      site.keeper.renew(lying.dn(), DistinguishedName.parse("/DC=org/DC=hospes/CN=Olivia"));
      assertEquals(Optional.empty(), site.keeper.problem());
    }
  }
}
