package org.hospes.image.catalogue;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.hospes.image.ImageRefusedException;

class CatalogueFormatFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void readsBackWhatItTook(byte[] json) {
    Catalogue catalogue;
    try {
      catalogue = CatalogueFormat.parse(json);
    } catch (ImageRefusedException e) {
      assertEquals("catalogue.invalid", e.code());
      return;
    }
    try {
      assertEquals(catalogue, CatalogueFormat.parse(CatalogueFormat.write(catalogue)));
    } catch (ImageRefusedException e) {
      throw new AssertionError("what was taken is refused when it comes back", e);
    }
  }
}
