package org.hospes.client;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a person wants explained.
 *
 * @param dn of somebody else
 * @param fqans as if with these attributes alone; empty: those of the papers
 */
public record PolicyQuestion(
    Optional<String> image,
    int cpus,
    long memoryBytes,
    long scratchBytes,
    Optional<Duration> lease,
    Optional<String> dn,
    List<String> fqans) {
  public PolicyQuestion {
    fqans = List.copyOf(fqans);
  }
}
