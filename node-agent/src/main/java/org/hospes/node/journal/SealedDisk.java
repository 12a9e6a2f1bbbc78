package org.hospes.node.journal;

/**
 * What a disk of a guest, or its saved memory, was when the guest was gone.
 *
 * @param name of the file in the guest's folder
 * @param sha256 hexadecimal, of the file's bytes
 */
public record SealedDisk(String name, long bytes, String sha256) {
  /** The name of the file that is no disk but the guest's memory. */
  public static final String MEMORY = "memory.save";

  /** The name of the disk with the guest's key and user data. */
  public static final String SEED = "seed.iso";
}
