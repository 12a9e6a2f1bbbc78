package org.hospes.node.sandbox;

import java.util.Optional;
import java.util.UUID;
import org.hospes.trust.path.DistinguishedName;

/**
 * Says who may fetch which files of guests from this node. Asked anew for each request, by many
 * threads.
 */
public interface FileExports {
  /** Whether there is anything at all that this one may fetch; asked before anything else is. */
  boolean admits(DistinguishedName caller);

  /**
   * What a name stands for.
   *
   * @param name as asked for: one or more names with slashes between them, each safe as a file's
   * @return empty when there is no such file, or it is not for this caller, who is not told which
   * @throws GuestFailedException when the file is there and may not be had now
   */
  Optional<ExportedFile> find(UUID guest, String name, DistinguishedName caller)
      throws GuestFailedException;
}
