package org.hospes.image.verify;

/** How much is hashed beyond what the decision to boot needs. */
public enum Thoroughness {
  /**
   * By the repository, when bytes first come to the site: every digest that the manifest names, and
   * the marks of a SHA-1 collision where SHA-1 is what was signed.
   */
  AT_PUBLISH,
  /**
   * By a node, once, when bytes were just fetched: the same without the chunks. The repository may
   * have looked for collisions or not; a node does not take its word.
   */
  ON_ARRIVAL,
  /**
   * Before every boot: the disk's SHA-256, and nothing else unless SHA-1 was signed and is not
   * known from {@link DigestPairs}; then as on arrival.
   */
  AT_BOOT
}
