package org.hospes.repo.publishing;

import org.hospes.repo.catalogue.Publication;

/** What became of a wish to publish. */
public sealed interface PublishOutcome {
  /** The bytes are here and everything was found good. */
  record Published(Publication publication) implements PublishOutcome {}

  /**
   * The bytes are to be sent, or are all here and still being verified: ask again.
   *
   * @param id names the upload
   * @param received bytes that are already here
   */
  record Awaiting(String id, long received) implements PublishOutcome {}
}
