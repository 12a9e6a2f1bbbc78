package org.hospes.image.inspect;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Formats that are never taken, by their marks: each of them can name other files, or makes a disk
 * tool parse more than is checked here. A raw disk that bears such a mark is refused as well, even
 * under a good partition table, because a tool that probes would follow it. That covers whatever
 * QEMU's and libvirt's probes prefer to raw, and the trailers that their drivers look for.
 *
 * <p>A disk that is an ISO 9660 image too, as installation media for both discs and sticks are, is
 * refused with the rest: what the guest finds on it depends on who looks.
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
          new Magic("COW", 0, "OOOM"),
          new Magic("COW", 0, "MOOO"),
          new Magic("VHDX", 0, "vhdxfile"),
          new Magic("VHD", 0, "conectix"),
          new Magic("VHD", 0, "cxsparse"),
          new Magic("VDI", 0x40, "\u007f\u0010\u00da\u00be"),
          new Magic("VDI", 0, "<<< "),
          new Magic("Parallels", 0, "WithoutFreeSpace"),
          new Magic("Parallels", 0, "WithouFreSpacExt"),
          new Magic("bochs", 0, "Bochs Virtual HD Image"),
          new Magic("cloop", 0, "#!/bin/sh\n#V2.0 Format\n"),
          new Magic("LUKS", 0, "LUKS\u00ba\u00be"),
          new Magic("LUKS", 0, "SKUL\u00ba\u00be"),
          new Magic("DMG", 0, "koly"),
          new Magic("gzip", 0, "\u001f\u008b"),
          new Magic("xz", 0, "\u00fd7zXZ\0"),
          new Magic("zstd", 0, "\u0028\u00b5\u002f\u00fd"),
          new Magic("bzip2", 0, "BZh"),
          new Magic("tar", 257, "ustar"),
          new Magic("zip", 0, "PK\u0003\u0004"),
          new Magic("JSON", 0, "json:"));

  /** LUKS2 keeps a second header, whose place is one of these sizes of the first. */
  private static final int SMALLEST_LUKS2_HEADER = 0x4000;

  private static final int LARGEST_LUKS2_HEADER = 0x400000;

  /** Volume descriptors of ISO 9660 and UDF follow each other from the sixteenth sector on. */
  private static final int DESCRIPTORS = 0x8000;

  private static final int DESCRIPTOR = 2048;
  private static final int MOST_DESCRIPTORS = 32;
  private static final List<String> VOLUMES = List.of("CD001", "BEA01", "NSR02", "NSR03", "CD-I ");

  /** A text descriptor may begin with comments; a tool that probes reads one sector of it. */
  private static final int PROBED = 4096;

  private ForeignFormat() {}

  /** The name of the format, for people. */
  static Optional<String> of(Sectors sectors) throws IOException {
    for (Magic magic : KNOWN) {
      if (sectors.has(magic.position(), magic.bytes())) {
        return Optional.of(magic.name());
      }
    }
    if (vmdkDescriptor(text(sectors, 0, PROBED))) {
      return Optional.of("VMDK");
    }
    for (long at = SMALLEST_LUKS2_HEADER; at <= LARGEST_LUKS2_HEADER; at *= 2) {
      if (sectors.has(at, "SKUL\u00ba\u00be")) {
        return Optional.of("LUKS");
      }
    }
    if (opticalDisc(sectors)) {
      return Optional.of("ISO 9660");
    }
    return trailer(sectors);
  }

  /** The line that makes a VMDK, after nothing but comments and blank lines. */
  private static boolean vmdkDescriptor(String start) {
    int at = 0;
    while (at < start.length()) {
      int newline = start.indexOf('\n', at);
      String line = newline < 0 ? start.substring(at) : start.substring(at, newline);
      if (!line.startsWith("#") && !line.isBlank()) {
        return line.matches("version=[0-9]+\\s*");
      }
      if (newline < 0) {
        return false;
      }
      at = newline + 1;
    }
    return false;
  }

  private static boolean opticalDisc(Sectors sectors) throws IOException {
    String descriptors = text(sectors, DESCRIPTORS, MOST_DESCRIPTORS * DESCRIPTOR);
    for (int at = 0; at + 16 <= descriptors.length(); at += DESCRIPTOR) {
      if (VOLUMES.contains(descriptors.substring(at + 1, at + 6))
          || descriptors.startsWith("CDROM", at + 9)) {
        return true;
      }
    }
    return false;
  }

  /**
   * A fixed VHD has nothing but a footer, of 512 bytes or once of 511; a DMG is told by its own.
   */
  private static Optional<String> trailer(Sectors sectors) throws IOException {
    long from = Math.max(0, sectors.size() - 2 * Sectors.SECTOR);
    String end = text(sectors, from, 2 * Sectors.SECTOR);
    int last = end.length() - Sectors.SECTOR;
    if (last >= 0 && (end.startsWith("conectix", last) || end.startsWith("conectix", last + 1))) {
      return Optional.of("VHD");
    }
    // Of 512 bytes too, in a file that need not end with a sector.
    int koly = end.indexOf("koly");
    if (koly >= 0 && koly <= last) {
      return Optional.of("DMG");
    }
    return Optional.empty();
  }

  private static String text(Sectors sectors, long position, int length) throws IOException {
    return StandardCharsets.ISO_8859_1.decode(sectors.at(position, length)).toString();
  }
}
