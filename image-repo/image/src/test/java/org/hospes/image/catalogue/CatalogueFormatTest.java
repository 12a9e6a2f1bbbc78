package org.hospes.image.catalogue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.image.ImageReference;
import org.hospes.image.ImageRefusedException;
import org.junit.jupiter.api.Test;

class CatalogueFormatTest {
  private static final Instant AT = Instant.parse("2026-11-20T12:00:00Z");
  private static final Catalogue CATALOGUE =
      new Catalogue(
          7,
          AT,
          AT.plusSeconds(3600),
          List.of(
              entry("sl6", "1", 1, Optional.empty()),
              entry("tiny", "1", 2, Optional.empty()),
              entry("sl6", "2", 3, Optional.empty()),
              entry("sl6", "3", 4, Optional.of(AT))));

  @Test
  void readsWhatItWrote() throws Exception {
    assertEquals(CATALOGUE, CatalogueFormat.parse(CatalogueFormat.write(CATALOGUE)));
  }

  @Test
  void aNameMeansTheNewestThatIsNotRetired() {
    assertEquals("2", find("sl6").orElseThrow().version());
    assertEquals("1", find("sl6:1").orElseThrow().version());
    assertEquals(true, find("sl6:3").orElseThrow().retired());
    assertEquals(Optional.empty(), find("sl6:4"));
    assertEquals(Optional.empty(), find("sl"));
    assertEquals("1", find("sl6@" + digest(1)).orElseThrow().version());
    assertEquals(Optional.empty(), find("tiny@" + digest(1)));
  }

  @Test
  void refusesANameTwiceAndUnknownKeys() {
    String json = new String(CatalogueFormat.write(CATALOGUE), StandardCharsets.UTF_8);
    refuse(json.replace("\"version\":\"2\"", "\"version\":\"1\""));
    refuse(json.replace("\"serial\":7", "\"serial\":7,\"extra\":1"));
    refuse(json.replace("\"serial\":7", "\"serial\":0"));
    refuse(json.replace("13:00:00Z", "12:00:00Z"));
    refuse(json.replace("\"validUntil\":\"2026", "\"validUntil\":\"later"));
    refuse(json.replace("\"name\":\"tiny\"", "\"name\":\"a:b\""));
    refuse(json.replace("\"name\":\"tiny\"", "\"name\":\"\""));
  }

  private static void refuse(String json) {
    ImageRefusedException refused =
        assertThrows(
            ImageRefusedException.class,
            () -> CatalogueFormat.parse(json.getBytes(StandardCharsets.UTF_8)));
    assertEquals("catalogue.invalid", refused.code());
  }

  private static Optional<CatalogueEntry> find(String reference) {
    return CATALOGUE.find(ImageReference.parse(reference));
  }

  private static CatalogueEntry entry(
      String name, String version, int seed, Optional<Instant> retired) {
    return new CatalogueEntry(name, version, digest(seed), digest(100 + seed), retired);
  }

  private static Digest digest(int seed) {
    return Digest.sha256Of(new byte[] {(byte) seed});
  }
}
