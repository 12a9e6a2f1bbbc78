package org.hospes.service.endpoint;

import java.net.URI;
import java.util.List;
import org.hospes.image.Digest;

/**
 * What a site says of itself.
 *
 * @param policyDigest of the service's own copy of the image policy
 * @param warnings what everybody who runs here should know
 * @param operatorWarnings what names other people's workspaces or the site's files, for operators
 *     alone
 * @param repositoryAddress where its images are published
 */
public record SiteFacts(
    Digest policyDigest,
    List<String> warnings,
    List<String> operatorWarnings,
    URI repositoryAddress) {
  public SiteFacts {
    warnings = List.copyOf(warnings);
    operatorWarnings = List.copyOf(operatorWarnings);
  }
}
