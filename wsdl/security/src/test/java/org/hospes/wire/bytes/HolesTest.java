package org.hospes.wire.bytes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is sent without its empty pages is read as it was; what a stranger sends, within bounds. */
class HolesTest {
  private static final int HEAD = 12;

  private static byte[] written(byte[] plain, int atOnce) throws IOException {
    ByteArrayOutputStream sent = new ByteArrayOutputStream();
    try (HolesOutput out = new HolesOutput(sent)) {
      for (int at = 0; at < plain.length; at += atOnce) {
        out.write(plain, at, Math.min(atOnce, plain.length - at));
      }
    }
    return sent.toByteArray();
  }

  private static InputStream reading(byte[] sent, long atMost) {
    return new HolesInput(new ByteArrayInputStream(sent), atMost);
  }

  private static byte[] piece(long zeros, int bytes, byte... body) {
    return ByteBuffer.allocate(HEAD + body.length).putLong(zeros).putInt(bytes).put(body).array();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100, 4096, 5000, 65_536, 1 << 20})
  void whatWasWrittenIsReadHoweverItIsCut(int atOnce) throws Exception {
    Random random = new Random(atOnce);
    byte[] plain = new byte[400_000 + random.nextInt(10_000)];
    for (int page = 0; page < plain.length; page += 4096) {
      if (random.nextInt(3) == 0) {
        byte[] full = new byte[Math.min(4096, plain.length - page)];
        random.nextBytes(full);
        System.arraycopy(full, 0, plain, page, full.length);
      }
    }
    byte[] sent = written(plain, atOnce);
    assertArrayEquals(plain, reading(sent, plain.length).readAllBytes());
    assertArrayEquals(plain, reading(sent, Long.MAX_VALUE).readAllBytes());
  }

  @Test
  void emptyPagesTakeNoRoom() throws Exception {
    byte[] plain = new byte[1 << 20];
    assertEquals(HEAD, written(plain, 1 << 16).length);
    plain[300_000] = 1;
    assertEquals(2 * HEAD + 4096, written(plain, 1 << 16).length);
    assertEquals(0, written(new byte[0], 1).length);
  }

  @Test
  void otherBytesTakeHardlyMore() throws Exception {
    byte[] plain = new byte[1 << 20];
    new Random(1).nextBytes(plain);
    assertEquals(plain.length + 4 * HEAD, written(plain, 1 << 18).length);
  }

  @Test
  void whatIsFlushedCanBeReadZerosToo() throws Exception {
    ByteArrayOutputStream sent = new ByteArrayOutputStream();
    try (HolesOutput out = new HolesOutput(sent)) {
      out.write(7);
      out.write(new byte[8192]);
      out.flush();
      assertEquals(8193, reading(sent.toByteArray(), 1 << 20).readAllBytes().length);
    }
  }

  @Test
  void nothingIsReadBehindTheLastByteThatMayBe() throws Exception {
    ByteArrayInputStream sent = new ByteArrayInputStream(piece(3, 1, (byte) 9, (byte) 8, (byte) 7));
    assertArrayEquals(new byte[] {0, 0, 0, 9}, new HolesInput(sent, 4).readAllBytes());
    assertEquals(2, sent.available());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "-1, 1",
    "1, -1",
    "-9223372036854775808, 0",
    "0, -2147483648",
    "101, 0",
    "0, 101",
    "100, 1",
    "9223372036854775807, 2147483647",
    "9223372036854775807, 1",
  })
  void aPieceThatIsNoneOrPromisesTooMuchIsRefused(long zeros, int bytes) {
    InputStream in = reading(piece(zeros, bytes, new byte[200]), 100);
    assertFalse(assertThrows(IOException.class, in::read) instanceof EOFException);
  }

  @Test
  void piecesTogetherPromiseNoMoreEither() throws Exception {
    byte[] twice = ByteBuffer.allocate(2 * HEAD).put(piece(60, 0)).put(piece(41, 0)).array();
    InputStream in = reading(twice, 100);
    assertEquals(60, in.readNBytes(60).length);
    assertTrue(assertThrows(IOException.class, in::read).getMessage().contains("at most 40"));
  }

  @Test
  void whatEndsWithinAPieceIsCutOff() {
    assertThrows(EOFException.class, reading(piece(0, 5, new byte[4]), 100)::readAllBytes);
    assertThrows(EOFException.class, reading(new byte[HEAD - 1], 100)::readAllBytes);
  }

  @Test
  void aTerabyteOfZerosTakesNoMemory() throws Exception {
    InputStream in = reading(piece(1L << 40, 0), 1L << 40);
    assertEquals(1 << 16, in.read(new byte[1 << 16]));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "range, hospes-holes        | true  | true",
        "hospes-holes               | true  | false",
        "hospes-holes               | false | true",
        "hospes-holes, range        | true  | false",
        "RANGE , Hospes-Holes;q=1   | true  | true",
        "gzip                       | false | false",
        "hospes-holes-2             | false | false",
        "''                         | false | false",
      })
  void aRangeIsTakenBeforeItsZerosAreLeftOut(String header, boolean range, boolean wanted) {
    assertEquals(wanted, Holes.wanted(header, range));
    assertFalse(Holes.wanted(null, range));
  }
}
