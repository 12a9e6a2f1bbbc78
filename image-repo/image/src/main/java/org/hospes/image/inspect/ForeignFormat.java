package org.hospes.image.inspect;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Formats that are never taken, by their magic: each of them can name other files, or makes a disk
 * tool parse more than is checked here. A raw disk that begins like one of them is refused as well,
 * because a tool that probes would follow it.
 */
final class ForeignFormat {
  private record Magic(String name, long position, String bytes) {}

  private static final List<Magic> KNOWN =
      List.of(
          new Magic("VMDK", 0, "KDMV"),
          new Magic("VMDK", 0, "COWD"),
          new Magic("VMDK", 0, "# Disk DescriptorFile"),
          new Magic("QED", 0, "QED\0"),
          new Magic("qcow1", 0, "QFI\u00fb\0\0\0\1"),
          new Magic("VHDX", 0, "vhdxfile"),
          new Magic("VHD", 0, "conectix"),
          new Magic("VDI", 0x40, "\u007f\u0010\u00da\u00be"),
          new Magic("Parallels", 0, "WithoutFreeSpace"),
          new Magic("Parallels", 0, "WithouFreSpacExt"),
          new Magic("bochs", 0, "Bochs Virtual HD Image"),
          new Magic("cloop", 0, "#!/bin/sh\n#V2.0 Format\n"),
          new Magic("LUKS", 0, "LUKS\u00ba\u00be"),
          new Magic("DMG", 0, "koly"),
          new Magic("ISO 9660", 0x8001, "CD001"),
          new Magic("gzip", 0, "\u001f\u008b"),
          new Magic("xz", 0, "\u00fd7zXZ\0"),
          new Magic("zstd", 0, "\u0028\u00b5\u002f\u00fd"),
          new Magic("bzip2", 0, "BZh"),
          new Magic("tar", 257, "ustar"),
          new Magic("zip", 0, "PK\u0003\u0004"),
          new Magic("JSON", 0, "json:"));

  private ForeignFormat() {}

  /** The name of the format, for people. */
  static Optional<String> of(Sectors sectors) throws IOException {
    for (Magic magic : KNOWN) {
      if (sectors.has(magic.position(), magic.bytes())) {
        return Optional.of(magic.name());
      }
    }
    long footer = sectors.size() - Sectors.SECTOR;
    if (footer > 0) {
      if (sectors.has(footer, "conectix")) {
        return Optional.of("VHD");
      }
      if (sectors.has(footer, "koly")) {
        return Optional.of("DMG");
      }
    }
    return Optional.empty();
  }
}
