package org.hospes.service.workspace;

import java.time.Instant;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.trust.path.DistinguishedName;

/**
 * A signed message by which somebody asked that something be done with a workspace that is there:
 * the receipt of a boot that comes of it names it by its digest.
 *
 * @param workspace with which
 * @param verb what was asked
 * @param runs whether it asks for the guest to run
 * @param at when it came
 * @param asker who signed it; empty for those that were kept before that was
 * @param bytes of it, as they were signed
 */
public record AskedMessage(
    WorkspaceId workspace,
    String verb,
    boolean runs,
    Instant at,
    Optional<DistinguishedName> asker,
    byte[] bytes) {
  /**
   * What names a message.
   *
   * @param digest of its bytes
   * @param asker who signed it
   */
  public record Reference(Digest digest, Optional<DistinguishedName> asker) {}

  /** By which it is known. */
  public Digest digest() {
    return Digest.sha256Of(bytes);
  }
}
