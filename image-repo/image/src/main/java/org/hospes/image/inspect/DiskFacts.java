package org.hospes.image.inspect;

import org.hospes.image.DiskFormat;

/**
 * What looking at a disk told.
 *
 * @param fileBytes length of the file
 * @param virtualBytes length of the disk that the guest sees
 * @param content what the first sectors of the guest's disk hold; {@link Content#NOT_READ} for a
 *     qcow2, whose own structure was checked instead
 */
public record DiskFacts(DiskFormat format, long fileBytes, long virtualBytes, Content content) {
  /** What a raw disk begins with. */
  public enum Content {
    MBR,
    GPT,
    EXT,
    XFS,
    BTRFS,
    NOT_READ
  }
}
