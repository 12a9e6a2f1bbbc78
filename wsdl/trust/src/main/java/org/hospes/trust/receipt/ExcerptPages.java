package org.hospes.trust.receipt;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Joins the pages of each workspace's receipts: they show that nothing is missing when they lead
 * from the first receipt to the last without a gap, in whatever files and however often they come.
 */
final class ExcerptPages {
  private final Findings findings;

  ExcerptPages(Findings findings) {
    this.findings = findings;
  }

  /** Says which pages are missing; gives back as of when the newest of all last pages is. */
  Optional<Instant> join(Collection<ExcerptFile> pages) {
    Map<UUID, List<ExcerptFile>> workspaces = new LinkedHashMap<>();
    for (ExcerptFile page : pages) {
      if (page.opening() != null) {
        workspaces.computeIfAbsent(page.opening().workspace(), w -> new ArrayList<>()).add(page);
      }
    }
    workspaces.forEach(this::join);
    return pages.stream()
        .filter(page -> page.opening() != null && page.opening().to().isEmpty())
        .filter(page -> page.seal() != null)
        .map(page -> page.seal().at())
        .max(Comparator.naturalOrder());
  }

  private void join(UUID workspace, List<ExcerptFile> pages) {
    pages.sort(Comparator.comparingLong(page -> page.opening().after()));
    Set<Long> reached = new HashSet<>(Set.of(0L));
    boolean ended = false;
    for (ExcerptFile page : pages) {
      Excerpt opening = page.opening();
      if (!reached.contains(opening.after())) {
        findings.notShown(
            page.file(),
            0,
            "the pages before it of workspace " + workspace,
            "receipts 1 to " + opening.after() + " in one of the files",
            "a gap");
      } else {
        reached.add(opening.to().orElse(opening.after() + page.receipts()));
        ended |= opening.to().isEmpty();
      }
    }
    if (!ended) {
      ExcerptFile last = pages.get(pages.size() - 1);
      findings.notShown(
          last.file(),
          0,
          "the pages behind it of workspace " + workspace,
          "what comes after receipt " + reached.stream().max(Long::compare).orElseThrow(),
          "none");
    }
  }
}
