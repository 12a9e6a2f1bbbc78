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

  /** The same with another SHA-1. */
  public static Manifest withSha1(Manifest m, Digest sha1) {
    return new Manifest(
        m.name(),
        m.version(),
        m.format(),
        m.diskBytes(),
        m.virtualBytes(),
        sha1,
        m.sha256(),
        m.chunkBytes(),
        m.chunks(),
        m.boot(),
        m.signer(),
        m.virtualOrganisation());
  }

  /** The same of a raw disk of one chunk with these digests. */
  public static Manifest ofRawBytes(Manifest m, int bytes, Digest sha1, Digest sha256) {
    return new Manifest(
        m.name(),
        m.version(),
        DiskFormat.RAW,
        bytes,
        bytes,
        sha1,
        sha256,
        1 << 30,
        List.of(sha256),
        m.boot(),
        m.signer(),
        m.virtualOrganisation());
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
