package org.hospes.image.manifest;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.hospes.image.BootInformation;
import org.hospes.image.Digest;
import org.hospes.image.DiskFormat;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.Manifest;
import org.hospes.image.json.StrictObject;
import org.hospes.trust.path.DistinguishedName;

/**
 * The manifest as JSON:
 *
 * <pre>
 * {"manifest": 1, "name": "sl6", "version": "1", "signer": "/DC=org/CN=Bob",
 *  "virtualOrganisation": "demo",
 *  "disk": {"format": "raw", "bytes": 1, "virtualBytes": 1, "sha1": "HEX", "sha256": "HEX"},
 *  "chunks": {"bytes": 1048576, "sha256": ["HEX"]},
 *  "boot": {"mode": "own-loader"}}
 * </pre>
 *
 * <p>Written once, by the builder; everybody else keeps and passes on the very bytes. Stateless.
 */
public final class ManifestFormat {
  /** A longer manifest is refused before it is read. */
  public static final int LARGEST = 1 << 20;

  private static final long VERSION = 1;
  private static final int MOST_CHUNKS = 8192;

  private ManifestFormat() {}

  /**
   * Reads a manifest strictly.
   *
   * @throws ImageRefusedException with code {@code image.manifest.invalid}, naming the field
   */
  public static Manifest parse(byte[] json) throws ImageRefusedException {
    try {
      return read(StrictObject.parse(json, "manifest", LARGEST));
    } catch (IllegalArgumentException e) {
      throw new ImageRefusedException("image.manifest.invalid", e.getMessage(), e)
          .advice("make the manifest with 'workspace image sign' or 'workspace image publish'");
    }
  }

  private static Manifest read(StrictObject top) {
    long version = top.number("manifest");
    if (version != VERSION) {
      throw new IllegalArgumentException("manifest: expected version 1, found " + version);
    }
    StrictObject disk = top.object("disk");
    StrictObject chunks = top.object("chunks");
    StrictObject boot = top.object("boot");
    long chunkBytes = chunks.number("bytes");
    Manifest manifest =
        new Manifest(
            top.text("name"),
            top.text("version"),
            disk.parsed("format", ManifestFormat::format),
            disk.number("bytes"),
            disk.number("virtualBytes"),
            disk.parsed("sha1", hex -> new Digest(Digest.Algorithm.SHA1, hex)),
            disk.parsed("sha256", ManifestFormat::sha256),
            (int) Math.max(-1, Math.min(chunkBytes, Integer.MAX_VALUE)),
            chunks.texts("sha256", MOST_CHUNKS, ManifestFormat::sha256),
            boot(boot),
            top.parsed("signer", text -> new DistinguishedName(text).slash()),
            top.optionalText("virtualOrganisation"));
    for (StrictObject part : List.of(top, disk, chunks, boot)) {
      part.done();
    }
    return manifest;
  }

  private static BootInformation boot(StrictObject boot) {
    String mode = boot.text("mode");
    Optional<String> kernel = boot.optionalText("kernel");
    Optional<String> commandLine = boot.optionalText("commandLine");
    return switch (mode) {
      case "own-loader" ->
          new BootInformation(BootInformation.Mode.OWN_LOADER, kernel, commandLine);
      case "site-kernel" ->
          new BootInformation(BootInformation.Mode.SITE_KERNEL, kernel, commandLine);
      default ->
          throw new IllegalArgumentException(
              "manifest: boot: mode: expected own-loader or site-kernel, found " + mode);
    };
  }

  private static DiskFormat format(String text) {
    for (DiskFormat format : DiskFormat.values()) {
      if (name(format).equals(text)) {
        return format;
      }
    }
    throw new IllegalArgumentException("expected raw or qcow2, found " + text);
  }

  private static String name(DiskFormat format) {
    return format.name().toLowerCase(Locale.ROOT);
  }

  private static Digest sha256(String hex) {
    return new Digest(Digest.Algorithm.SHA256, hex);
  }

  /** Writes a manifest, for the builder only: the bytes are signed and never written again. */
  public static byte[] write(Manifest manifest) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json = new JsonFactory().createGenerator(out, JsonEncoding.UTF8)) {
      json.useDefaultPrettyPrinter();
      json.writeStartObject();
      json.writeNumberField("manifest", VERSION);
      json.writeStringField("name", manifest.name());
      json.writeStringField("version", manifest.version());
      json.writeStringField("signer", manifest.signer());
      if (manifest.virtualOrganisation().isPresent()) {
        json.writeStringField("virtualOrganisation", manifest.virtualOrganisation().get());
      }
      json.writeObjectFieldStart("disk");
      json.writeStringField("format", name(manifest.format()));
      json.writeNumberField("bytes", manifest.diskBytes());
      json.writeNumberField("virtualBytes", manifest.virtualBytes());
      json.writeStringField("sha1", manifest.sha1().hex());
      json.writeStringField("sha256", manifest.sha256().hex());
      json.writeEndObject();
      json.writeObjectFieldStart("chunks");
      json.writeNumberField("bytes", manifest.chunkBytes());
      json.writeArrayFieldStart("sha256");
      for (Digest chunk : manifest.chunks()) {
        json.writeString(chunk.hex());
      }
      json.writeEndArray();
      json.writeEndObject();
      json.writeObjectFieldStart("boot");
      boolean own = manifest.boot().mode() == BootInformation.Mode.OWN_LOADER;
      json.writeStringField("mode", own ? "own-loader" : "site-kernel");
      if (manifest.boot().kernel().isPresent()) {
        json.writeStringField("kernel", manifest.boot().kernel().get());
      }
      if (manifest.boot().commandLine().isPresent()) {
        json.writeStringField("commandLine", manifest.boot().commandLine().get());
      }
      json.writeEndObject();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
