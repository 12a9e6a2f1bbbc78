package org.hospes.repo.publishing;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.hospes.repo.catalogue.Publication;

/** Part of a list, and where the next part begins. */
public record Page(List<Publication> publications, Optional<String> nextToken) {
  public Page {
    publications = List.copyOf(publications);
  }

  /** The first of them, in the order of publishing. */
  static Page of(Stream<Publication> all, int most) {
    List<Publication> found = all.limit(most + 1L).toList();
    if (found.size() <= most) {
      return new Page(found, Optional.empty());
    }
    List<Publication> page = found.subList(0, most);
    return new Page(page, Optional.of(Long.toString(page.get(most - 1).sequence())));
  }
}
