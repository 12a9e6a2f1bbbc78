package org.hospes.service.receipt;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.path.DistinguishedName;

/** Receipts, for as long as the test lasts. */
public class InMemoryReceiptStore implements ReceiptStore {
  private final List<Said> said = new ArrayList<>();
  private final Map<String, byte[]> papers = new HashMap<>();
  private final List<KeptReceipt> receipts = new ArrayList<>();
  private final List<KeptBatch> batches = new ArrayList<>();
  private final Map<UUID, NodeChain> chains = new LinkedHashMap<>();
  private final Map<DistinguishedName, Renewal> renewals = new HashMap<>();

  @Override
  public synchronized Optional<Said> end() {
    return said(said.size());
  }

  @Override
  public synchronized Optional<NodeChain> chainOf(DistinguishedName node) {
    return chains.values().stream()
        .filter(chain -> chain.node().equals(node))
        .max(Comparator.comparingLong(NodeChain::since));
  }

  @Override
  public synchronized Optional<NodeChain> chain(UUID chain) {
    return Optional.ofNullable(chains.get(chain));
  }

  @Override
  public synchronized void keep(Addition addition) {
    NodeChain now = addition.chain();
    long reached = chain(now.chain()).map(NodeChain::to).orElse(0L);
    if (addition.said().get(0).seq() != said.size() + 1
        || addition.batches().get(0).from() != reached + 1) {
      throw new IllegalStateException("not what comes next");
    }
    renewals.remove(now.node());
    chains.put(now.chain(), now);
    said.addAll(addition.said());
    addition.papers().forEach(papers::putIfAbsent);
    receipts.addAll(addition.receipts());
    batches.addAll(addition.batches());
  }

  @Override
  public synchronized Renewal renew(DistinguishedName node, DistinguishedName by, Instant now) {
    return renewals.computeIfAbsent(node, any -> new Renewal(by, now));
  }

  @Override
  public synchronized Optional<Renewal> renewal(DistinguishedName node) {
    return Optional.ofNullable(renewals.get(node));
  }

  @Override
  public synchronized List<Said> said(long after, int most) {
    return said.stream().filter(s -> s.seq() > after).limit(most).toList();
  }

  @Override
  public synchronized Optional<Said> said(long seq) {
    return said.stream().filter(s -> s.seq() == seq).findFirst();
  }

  @Override
  public synchronized Optional<Said> enrolment(UUID chain, String digest) {
    return said.stream()
        .filter(s -> s.to() == 0 && s.chain().equals(chain) && s.subject().equals(digest))
        .findFirst();
  }

  @Override
  public synchronized Optional<byte[]> papers(String digest) {
    return Optional.ofNullable(papers.get(digest));
  }

  @Override
  public synchronized List<KeptReceipt> receipts(WorkspaceId workspace, long after, int most) {
    return receipts.stream()
        .filter(r -> r.workspace().equals(workspace))
        .skip(after)
        .limit(most)
        .toList();
  }

  @Override
  public synchronized List<KeptReceipt> receipts(UUID chain, long from, long to) {
    return receipts.stream()
        .filter(r -> r.chain().equals(chain) && r.seq() >= from && r.seq() <= to)
        .toList();
  }

  @Override
  public synchronized Optional<KeptBatch> batch(UUID chain, long seq) {
    return batches.stream().filter(b -> b.chain().equals(chain) && b.to() >= seq).findFirst();
  }

  @Override
  public synchronized List<KeptBatch> batches(UUID chain, long after, int most) {
    return batches.stream()
        .filter(b -> b.chain().equals(chain) && b.head() > after)
        .limit(most)
        .toList();
  }
}
