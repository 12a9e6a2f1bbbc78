package org.hospes.trust.path;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Optional;

/**
 * Revocations in 24 bytes each, however long their serial numbers are: open addressing by the first
 * half of SHA-256 over issuer and serial number. Two that share it would need 2^64 tries by a CA
 * against itself, and would be refused rather than trusted. Not safe for several threads.
 */
final class RevocationTable {
  private static final int WORDS = 3;
  private static final int FEWEST = 1 << 10;

  /** Two words of the key, then the seconds of the time plus one bit that says it is taken. */
  private long[] slots = new long[FEWEST * WORDS];

  private int size;
  private final MessageDigest sha256 = DirectoryContent.sha256();

  /**
   * Notes a revocation unless it is known.
   *
   * @return whether it was new
   */
  boolean put(String issuer, BigInteger serial, Instant at) {
    long[] key = key(issuer, serial);
    int slot = slot(slots, key);
    if (slots[slot + 2] != 0) {
      return false;
    }
    set(slots, slot, key, at.getEpochSecond() << 1 | 1);
    size++;
    if (size > slots.length / WORDS / 4 * 3) {
      grow();
    }
    return true;
  }

  Optional<Instant> find(String issuer, BigInteger serial) {
    long noted = slots[slot(slots, key(issuer, serial)) + 2];
    return noted == 0 ? Optional.empty() : Optional.of(Instant.ofEpochSecond(noted >> 1));
  }

  int size() {
    return size;
  }

  private long[] key(String issuer, BigInteger serial) {
    sha256.update(issuer.getBytes(StandardCharsets.UTF_8));
    // No name holds it, so that no name can end where a number begins.
    sha256.update((byte) 0);
    ByteBuffer digest = ByteBuffer.wrap(sha256.digest(serial.toByteArray()));
    return new long[] {digest.getLong(), digest.getLong()};
  }

  private void grow() {
    long[] larger = new long[slots.length * 2];
    for (int old = 0; old < slots.length; old += WORDS) {
      if (slots[old + 2] != 0) {
        long[] key = {slots[old], slots[old + 1]};
        set(larger, slot(larger, key), key, slots[old + 2]);
      }
    }
    slots = larger;
  }

  private static void set(long[] table, int slot, long[] key, long noted) {
    table[slot] = key[0];
    table[slot + 1] = key[1];
    table[slot + 2] = noted;
  }

  /** Where the key stands, or the free place where it would. */
  private static int slot(long[] table, long[] key) {
    int places = table.length / WORDS;
    int place = (int) (key[0] & places - 1);
    while (true) {
      int slot = place * WORDS;
      if (table[slot + 2] == 0 || (table[slot] == key[0] && table[slot + 1] == key[1])) {
        return slot;
      }
      place = place + 1 & places - 1;
    }
  }
}
