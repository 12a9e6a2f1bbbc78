package org.hospes.trust.testpki;

import java.security.KeyPair;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Keys for the certificates of tests. To make one takes longer than most tests do, and half of the
 * time of a module's tests went there: so they come round again. Among as many as the stock holds,
 * taken one after the other, no two are the same. Safe for several threads.
 */
final class KeyStock {
  /** Of people and hosts. */
  static final KeyStock HOLDERS = new KeyStock(24);

  /** Of authorities: nobody below one may ever hold its key. */
  static final KeyStock AUTHORITIES = new KeyStock(12);

  private final int size;
  private final Deque<KeyPair> keys = new ArrayDeque<>();

  private KeyStock(int size) {
    this.size = size;
  }

  /** The one that was not taken for longest, or a new one. */
  synchronized KeyPair next() {
    KeyPair key = keys.size() < size ? Certificates.newKey(2048) : keys.removeFirst();
    keys.addLast(key);
    return key;
  }
}
