package org.hospes.image.verify;

/** How much is hashed beyond what the decision to boot needs. */
public enum Thoroughness {
  /**
   * By the repository, when bytes first come to the site: every digest that the manifest names, and
   * the marks of a SHA-1 collision whatever was signed: the manifest that goes to the nodes names
   * the SHA-1, and a file from an attack has no business at the site.
   */
  AT_PUBLISH,
  /**
   * By a node, once, when bytes were just fetched: the same without the chunks, and with a look for
   * collisions only where SHA-1 is what was signed. There a node does not take the repository's
   * word; elsewhere two files with one SHA-1 are two files.
   */
  ON_ARRIVAL,
  /**
   * Before every boot: the disk's SHA-256, and nothing else unless SHA-1 was signed and is not
   * known from {@link DigestPairs}; then as on arrival.
   */
  AT_BOOT
}
