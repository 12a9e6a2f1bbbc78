package org.hospes.repo.publishing;

import java.util.List;
import java.util.Optional;
import org.hospes.repo.catalogue.Publication;

/** Part of a list, and where the next part begins. */
public record Page(List<Publication> publications, Optional<String> nextToken) {
  public Page {
    publications = List.copyOf(publications);
  }
}
