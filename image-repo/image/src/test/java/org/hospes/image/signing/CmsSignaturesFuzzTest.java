package org.hospes.image.signing;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import org.hospes.image.ImageRefusedException;

class CmsSignaturesFuzzTest {
  private static final byte[] CONTENT = "{}".getBytes(StandardCharsets.US_ASCII);

  @FuzzTest(maxDuration = "60s")
  void verifiesOrRefuses(byte[] cms) {
    try {
      assertFalse(CmsSignatures.verify(CONTENT, cms).isEmpty());
    } catch (ImageRefusedException e) {
      assertTrue(e.code().startsWith("image.signature."), e.code());
    }
  }
}
