package org.hospes.wire.bytes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** Whatever a node sends as a file without its empty pages, it is no longer than was agreed on. */
class HolesFuzzTest {
  private static final int MOST = 1 << 16;

  @FuzzTest(maxDuration = "60s")
  void noMoreIsReadThanWasAgreedOn(byte[] sent) throws IOException {
    byte[] plain;
    try {
      plain = new HolesInput(new ByteArrayInputStream(sent), MOST).readAllBytes();
    } catch (IOException refused) {
      return;
    }
    assertTrue(plain.length <= MOST);
    ByteArrayOutputStream again = new ByteArrayOutputStream();
    try (HolesOutput out = new HolesOutput(again)) {
      out.write(plain);
    }
    assertArrayEquals(
        plain, new HolesInput(new ByteArrayInputStream(again.toByteArray()), MOST).readAllBytes());
  }
}
