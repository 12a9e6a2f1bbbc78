package org.hospes.image.verify;

/**
 * What need not be computed over a disk again, because it follows from what was computed before.
 *
 * @param pairs the SHA-1 of bytes with a known SHA-256
 * @param enforced the SHA-256 of files that the kernel holds to their bytes
 */
public record KnownDigests(DigestPairs pairs, EnforcedDigests enforced) {
  /** Nothing: all is computed. */
  public static final KnownDigests NONE = new KnownDigests(DigestPairs.NONE, EnforcedDigests.NONE);
}
