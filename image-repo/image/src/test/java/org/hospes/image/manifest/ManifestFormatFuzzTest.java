package org.hospes.image.manifest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.Manifest;

class ManifestFormatFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void readsBackWhatItTook(byte[] json) {
    Manifest manifest;
    try {
      manifest = ManifestFormat.parse(json);
    } catch (ImageRefusedException e) {
      assertEquals("image.manifest.invalid", e.code());
      return;
    }
    try {
      assertEquals(manifest, ManifestFormat.parse(ManifestFormat.write(manifest)));
    } catch (ImageRefusedException e) {
      throw new AssertionError("what was taken is refused when it comes back", e);
    }
  }
}
