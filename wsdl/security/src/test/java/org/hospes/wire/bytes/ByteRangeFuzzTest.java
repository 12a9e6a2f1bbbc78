package org.hospes.wire.bytes;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Whatever a header says, a range lies within the file. */
class ByteRangeFuzzTest {
  /** Eight bytes of size, then the header as it comes from the wire. */
  @FuzzTest(maxDuration = "60s")
  void aRangeLiesWithinItsFile(byte[] bytes) {
    if (bytes.length < 8) {
      return;
    }
    long size = ByteBuffer.wrap(bytes).getLong() >>> 3;
    String header = new String(bytes, 8, bytes.length - 8, ISO_8859_1);
    ByteRange.wanted(header, size).ifPresent(range -> within(range, size));
    Optional<ByteRange> sent = ByteRange.sent(header, size);
    if (sent.isPresent()) {
      within(sent.get(), size);
      ByteRange range = sent.get();
      assertTrue(range.length() > 0);
      String again = "bytes " + range.from() + "-" + (range.to() - 1) + "/" + size;
      assertEquals(sent, ByteRange.sent(again, size));
    }
  }

  private static void within(ByteRange range, long size) {
    assertTrue(
        range.from() >= 0 && range.from() <= range.to() && range.to() <= size,
        () -> range + " of " + size);
  }
}
