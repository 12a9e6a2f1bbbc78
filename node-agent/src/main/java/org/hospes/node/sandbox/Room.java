package org.hospes.node.sandbox;

import java.nio.file.Path;
import org.hospes.node.journal.Failure;

/** Room on the node's disk, asked for before much is written. */
final class Room {
  /** Left free for what the node itself must write. */
  private static final long SPARE = 64L << 20;

  private Room() {}

  /**
   * Makes sure that there is room. A disk that is full stops other guests, too: their overlays grow
   * on the same one.
   *
   * @param what is to be written, for people
   * @param advice to them
   * @param worthRepeating whether the same is tried again later
   */
  static void require(
      DiskMaker tools, Path where, long bytes, String what, String advice, boolean worthRepeating)
      throws GuestFailedException {
    long room = Math.max(0, tools.room(where) - SPARE);
    if (bytes > room) {
      Failure failure =
          Failure.of(
                  Failure.Category.NO_CAPACITY,
                  "disk.no-space",
                  "the node has no room for "
                      + what
                      + ": it takes "
                      + bytes
                      + " bytes, and "
                      + room
                      + " are free")
              .advice(advice)
              .fact("expected", "at most " + room)
              .fact("found", Long.toString(bytes));
      throw new GuestFailedException(failure, worthRepeating, null);
    }
  }
}
