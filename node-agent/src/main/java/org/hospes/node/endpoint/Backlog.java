package org.hospes.node.endpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Output on its way to somebody who may read slower than the guest writes. The guest must not be
 * made to wait for them, so what is too much is dropped, the oldest first, and they are told how
 * much it was. Safe for one who puts and one who takes.
 */
final class Backlog {
  private final byte[] ring;
  private int first;
  private int size;
  private long skipped;
  private boolean ended;

  /**
   * @param most bytes that are kept
   */
  Backlog(int most) {
    ring = new byte[most];
  }

  /** Never waits. */
  synchronized void put(byte[] bytes, int length) {
    int from = Math.max(0, length - ring.length);
    int room = Math.max(0, size + length - from - ring.length);
    skipped += from + room;
    first = (first + room) % ring.length;
    size -= room;
    for (int i = from; i < length; ) {
      int at = (first + size) % ring.length;
      int n = Math.min(length - i, ring.length - at);
      System.arraycopy(bytes, i, ring, at, n);
      size += n;
      i += n;
    }
    notifyAll();
  }

  /** Nothing more will be put. */
  synchronized void end() {
    ended = true;
    notifyAll();
  }

  /**
   * Waits for bytes.
   *
   * @return some, or a line that says how many were dropped; null when all were taken and no more
   *     will come
   */
  synchronized byte[] take(int most) throws InterruptedException {
    while (size == 0 && skipped == 0 && !ended) {
      wait();
    }
    if (skipped > 0) {
      byte[] told = line(skipped + " bytes were too fast for this connection; they are in the log");
      skipped = 0;
      return told;
    }
    if (size == 0) {
      return null;
    }
    byte[] taken = new byte[Math.min(most, size)];
    int n = Math.min(taken.length, ring.length - first);
    System.arraycopy(ring, first, taken, 0, n);
    System.arraycopy(ring, 0, taken, n, taken.length - n);
    first = (first + taken.length) % ring.length;
    size -= taken.length;
    return taken;
  }

  /** Something that the site says and not the guest, on a line to itself. */
  static byte[] line(String text) {
    // It goes to a terminal, and a name in it is somebody else's choice.
    return ("\r\n[console: " + text.replaceAll("\\p{Cntrl}", "?") + "]\r\n").getBytes(UTF_8);
  }
}
