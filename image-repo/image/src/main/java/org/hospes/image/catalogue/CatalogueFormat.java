package org.hospes.image.catalogue;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hospes.image.Digest;
import org.hospes.image.ImageReference;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.json.StrictObject;

/**
 * The catalogue as JSON: {@code {"serial": 1, "at": "...", "validUntil": "...", "entries":
 * [{"name", "version", "digest", "manifestDigest", "retiredAt"}]}}, times as in ISO 8601.
 * Stateless.
 */
public final class CatalogueFormat {
  /** A longer catalogue is refused before it is read. */
  public static final int LARGEST = 16 << 20;

  private static final int MOST_ENTRIES = 65_536;

  private CatalogueFormat() {}

  /**
   * Reads a catalogue strictly; a name and version that stand there twice are refused.
   *
   * @throws ImageRefusedException with code {@code catalogue.invalid}
   */
  public static Catalogue parse(byte[] json) throws ImageRefusedException {
    try {
      StrictObject top = StrictObject.parse(json, "catalogue", LARGEST);
      List<CatalogueEntry> entries = new ArrayList<>();
      Set<String> labels = new HashSet<>();
      for (StrictObject item : top.objects("entries", MOST_ENTRIES)) {
        CatalogueEntry entry =
            new CatalogueEntry(
                item.text("name"),
                item.text("version"),
                item.parsed("digest", Digest::parse),
                item.parsed("manifestDigest", Digest::parse),
                item.has("retiredAt")
                    ? Optional.of(item.parsed("retiredAt", Instant::parse))
                    : Optional.empty());
        item.done();
        if (ImageReference.parse(entry.label()).digest().isPresent()
            || !labels.add(entry.label())) {
          throw new IllegalArgumentException("catalogue: " + entry.label() + " stands there twice");
        }
        entries.add(entry);
      }
      Catalogue catalogue =
          new Catalogue(
              top.number("serial"),
              top.parsed("at", Instant::parse),
              top.parsed("validUntil", Instant::parse),
              entries);
      top.done();
      return catalogue;
    } catch (IllegalArgumentException e) {
      throw new ImageRefusedException("catalogue.invalid", e.getMessage(), e)
          .advice("ask the repository's operator: its catalogue cannot be read");
    }
  }

  /** Writes a catalogue, for the repository only: the bytes are signed as they are. */
  public static byte[] write(Catalogue catalogue) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json = new JsonFactory().createGenerator(out, JsonEncoding.UTF8)) {
      json.writeStartObject();
      json.writeNumberField("serial", catalogue.serial());
      json.writeStringField("at", catalogue.at().toString());
      json.writeStringField("validUntil", catalogue.validUntil().toString());
      json.writeArrayFieldStart("entries");
      for (CatalogueEntry entry : catalogue.entries()) {
        json.writeStartObject();
        json.writeStringField("name", entry.name());
        json.writeStringField("version", entry.version());
        json.writeStringField("digest", entry.digest().toString());
        json.writeStringField("manifestDigest", entry.manifestDigest().toString());
        if (entry.retiredAt().isPresent()) {
          json.writeStringField("retiredAt", entry.retiredAt().get().toString());
        }
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
