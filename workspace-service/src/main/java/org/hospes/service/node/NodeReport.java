package org.hospes.service.node;

import java.util.List;
import java.util.Set;
import org.hospes.image.Digest;

/**
 * What a node says with each heartbeat.
 *
 * @param policyDigest of its own copy of the image policy
 * @param images held in its cache
 * @param guests every workspace in its journal, with the domains that really exist
 * @param warnings for operators
 */
public record NodeReport(
    long diskFreeBytes,
    Digest policyDigest,
    Set<Digest> images,
    List<Guest> guests,
    List<String> warnings) {
  public NodeReport {
    images = Set.copyOf(images);
    guests = List.copyOf(guests);
    warnings = List.copyOf(warnings);
  }
}
