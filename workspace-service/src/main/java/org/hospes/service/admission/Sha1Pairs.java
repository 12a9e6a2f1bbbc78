package org.hospes.service.admission;

import org.hospes.image.Digest;

/**
 * Which SHA-256 each signed SHA-1 stands for at this site. What is noted stays. Safe for use by
 * many threads.
 */
public interface Sha1Pairs {
  /**
   * Notes a pair unless the SHA-1 is known; durable when it returns.
   *
   * @return the SHA-256 that the SHA-1 stands for: this one, or the one that came first
   */
  Digest note(Digest sha1, Digest sha256);
}
