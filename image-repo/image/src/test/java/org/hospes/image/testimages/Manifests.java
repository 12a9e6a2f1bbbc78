package org.hospes.image.testimages;

import java.util.List;
import org.hospes.image.BootInformation;
import org.hospes.image.Digest;
import org.hospes.image.DiskFormat;
import org.hospes.image.Manifest;

/** Manifests that say something else than the disk does. */
public final class Manifests {
  private Manifests() {}

  /** The same with other boot information. */
  public static Manifest withBoot(Manifest m, BootInformation boot) {
    return with(m, m.format(), m.chunks(), boot);
  }

  /** The same with another format. */
  public static Manifest withFormat(Manifest m, DiskFormat format) {
    return with(m, format, m.chunks(), m.boot());
  }

  /** The same with other chunks. */
  public static Manifest withChunks(Manifest m, List<Digest> chunks) {
    return with(m, m.format(), chunks, m.boot());
  }

  private static Manifest with(
      Manifest m, DiskFormat format, List<Digest> chunks, BootInformation boot) {
    return new Manifest(
        m.name(),
        m.version(),
        format,
        m.diskBytes(),
        m.virtualBytes(),
        m.sha1(),
        m.sha256(),
        m.chunkBytes(),
        chunks,
        boot,
        m.signer(),
        m.virtualOrganisation());
  }
}
