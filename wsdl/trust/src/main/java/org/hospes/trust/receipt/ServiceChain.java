package org.hospes.trust.receipt;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The service's chain, its files joined: who is enrolled, and how far each node's chain had come.
 */
final class ServiceChain {
  private final Map<UUID, Node> nodes = new LinkedHashMap<>();
  private Optional<Instant> asOf = Optional.empty();
  private long lines;

  /** What the service said of one chain, in its order. */
  static final class Node {
    private final String name;
    private final ServiceFile.Word first;
    private final Map<String, Long> enrolled = new HashMap<>();
    private final List<ServiceFile.Word> heads = new ArrayList<>();

    Node(ServiceFile.Word first) {
      this.name = first.node();
      this.first = first;
    }

    String name() {
      return name;
    }

    ServiceFile.Word first() {
      return first;
    }

    /** Whether the papers were enrolled before a line of the service's chain. */
    boolean enrolled(String papers, long before) {
      return enrolled.getOrDefault(papers, Long.MAX_VALUE) < before;
    }

    Optional<ServiceFile.Word> newest() {
      return heads.isEmpty() ? Optional.empty() : Optional.of(heads.get(heads.size() - 1));
    }

    /** The first head that reaches a receipt. */
    Optional<ServiceFile.Word> covering(long seq) {
      int low = 0;
      int high = heads.size();
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (heads.get(middle).to() < seq) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low < heads.size() ? Optional.of(heads.get(low)) : Optional.empty();
    }
  }

  /** Joins the files, in whatever order they were given. */
  static ServiceChain join(Collection<ServiceFile> files, Findings findings) {
    ServiceChain chain = new ServiceChain();
    List<ServiceFile> ordered =
        files.stream()
            .filter(file -> !file.words().isEmpty())
            .sorted(Comparator.comparingLong(file -> file.words().get(0).seq()))
            .toList();
    ServiceFile before = null;
    for (ServiceFile file : ordered) {
      ServiceFile.Word first = file.words().get(0);
      long next = before == null ? 1 : before.words().get(before.words().size() - 1).seq() + 1;
      String hash = before == null ? Hashes.NOTHING : before.lastHash();
      if (findings.same(
          file.file(), first.line(), "first of the service's chain", next, first.seq())) {
        findings.same(
            file.file(), first.line(), "hash of the line before", hash, file.firstPrevious());
      }
      if (before != null
          && first.at().isBefore(before.words().get(before.words().size() - 1).at())) {
        findings.altered(
            file.file(), first.line(), "the time", "none before " + before.lastAt(), first.at());
      }
      file.words().forEach(word -> chain.add(word, findings));
      before = file;
    }
    if (before != null && before.seal().isEmpty()) {
      findings.notShown(
          before.file(), 0, "the end of the service's chain", "the service's seal", "none");
    }
    if (before != null) {
      chain.asOf = before.seal().map(Seal::at);
    }
    return chain;
  }

  private void add(ServiceFile.Word word, Findings findings) {
    lines++;
    Node node = nodes.get(word.chain());
    if (node == null) {
      if (!word.enrols()) {
        findings.altered(
            word.file(), word.line(), "chain " + word.chain(), "an enrolment first", "a head");
      }
      node = new Node(word);
      nodes.values().stream()
          .filter(other -> other.name.equals(word.node()))
          .findFirst()
          .ifPresent(
              other ->
                  findings.note(
                      word.file(),
                      word.line(),
                      word.node() + " began another chain",
                      "at " + word.at() + ", after the one enrolled at " + other.first.at()));
      nodes.put(word.chain(), node);
    }
    findings.same(
        word.file(), word.line(), "the node of chain " + word.chain(), node.name, word.node());
    if (word.enrols()) {
      if (node.enrolled.putIfAbsent(word.digest(), word.seq()) != null) {
        findings.altered(
            word.file(), word.line(), "an enrolment", "papers not enrolled yet", word.digest());
      }
      return;
    }
    long reached = node.newest().map(ServiceFile.Word::to).orElse(0L);
    if (word.to() <= reached) {
      findings.altered(
          word.file(), word.line(), "the receipt it reaches", "one after " + reached, word.to());
      return;
    }
    node.heads.add(word);
  }

  Map<UUID, Node> nodes() {
    return nodes;
  }

  Optional<Instant> asOf() {
    return asOf;
  }

  long lines() {
    return lines;
  }
}
