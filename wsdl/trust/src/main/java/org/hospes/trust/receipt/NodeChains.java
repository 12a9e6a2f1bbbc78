package org.hospes.trust.receipt;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Joins the segments of each node's chain, and says how far the service's word reaches. */
final class NodeChains {
  private final ServiceChain service;
  private final Findings findings;

  NodeChains(ServiceChain service, Findings findings) {
    this.service = service;
    this.findings = findings;
  }

  /**
   * Compares what the service countersigned with what is there.
   *
   * @return how many chains there are
   */
  int join(Collection<SegmentFile> segments) {
    Map<UUID, List<SegmentFile>> chains = new LinkedHashMap<>();
    for (SegmentFile segment : segments) {
      if (segment.first() != null) {
        chains.computeIfAbsent(segment.first().chain(), c -> new ArrayList<>()).add(segment);
      }
    }
    chains.forEach(this::join);
    for (Map.Entry<UUID, ServiceChain.Node> said : service.nodes().entrySet()) {
      Optional<ServiceFile.Word> newest = said.getValue().newest();
      if (newest.isPresent() && !chains.containsKey(said.getKey())) {
        findings.notShown(
            newest.get().file(),
            newest.get().line(),
            "chain " + said.getKey() + " of " + said.getValue().name(),
            "receipts 1 to " + newest.get().to() + " in one of the files",
            "none of them");
      }
    }
    return chains.size();
  }

  private void join(UUID chain, List<SegmentFile> segments) {
    segments.sort(Comparator.comparingLong(segment -> segment.first().seq()));
    SegmentFile before = null;
    for (SegmentFile segment : segments) {
      String file = segment.file();
      long next = before == null ? 1 : before.last().seq() + 1;
      if (!findings.same(file, 1, "first of the file's receipts", next, segment.first().seq())) {
        before = segment;
        continue;
      }
      findings.same(
          file,
          1,
          "the hash of the receipt before",
          before == null ? Hashes.NOTHING : before.lastHash(),
          segment.first().previous());
      if (before != null) {
        findings.same(file, 1, "the node", before.first().node(), segment.first().node());
        findings.same(before.file(), 0, "signed up to", before.last().seq(), before.batchedTo());
      }
      if (segment.firstPreviousBatch() != null) {
        findings.same(
            file,
            0,
            "the hash of the batch before its first",
            before == null || before.lastBatch() == null ? Hashes.NOTHING : before.lastBatch(),
            segment.firstPreviousBatch());
      }
      before = segment;
    }
    reach(chain, before);
  }

  private void reach(UUID chain, SegmentFile newest) {
    ServiceChain.Node said = service.nodes().get(chain);
    long headed = said == null ? 0 : said.newest().map(ServiceFile.Word::to).orElse(0L);
    String what = "chain " + chain + " of " + newest.last().node();
    long last = newest.last().seq();
    if (newest.batchedTo() < headed) {
      findings.altered(
          newest.file(),
          0,
          what,
          "receipts up to " + headed + ", which the service countersigned",
          "receipts up to " + last + ", signed up to " + newest.batchedTo());
    } else if (last > headed) {
      findings.notShown(
          newest.file(),
          0,
          what,
          "a head by the service for receipts " + (headed + 1) + " to " + last,
          said == null
              ? "no enrolment of the chain"
              : headed == 0 ? "no head" : "heads up to " + headed);
    }
  }
}
