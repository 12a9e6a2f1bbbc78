package org.hospes.image.inspect;

import static org.hospes.image.testimages.CommandLine.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.hospes.image.DiskFormat;
import org.hospes.image.testimages.TestDisks;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Good disks as the tools of the field make them: none may be refused. */
class ImageCorpusTest {
  private static final List<String> CLUSTERS =
      List.of("512", "1k", "4k", "16k", "64k", "256k", "2M");

  @TempDir Path directory;

  static Stream<String> options() {
    List<String> all = new ArrayList<>();
    for (String cluster : CLUSTERS) {
      all.add("compat=0.10,cluster_size=" + cluster);
      all.add("compat=1.1,cluster_size=" + cluster);
    }
    for (String preallocation : List.of("metadata", "falloc")) {
      for (String cluster : List.of("512", "4k", "64k", "2M")) {
        all.add("preallocation=" + preallocation + ",cluster_size=" + cluster);
      }
    }
    for (String cluster : List.of("16k", "64k", "2M")) {
      all.add("extended_l2=on,cluster_size=" + cluster);
      all.add("extended_l2=on,preallocation=metadata,cluster_size=" + cluster);
    }
    for (String bits : List.of("1", "2", "4", "8", "16", "32", "64")) {
      all.add("refcount_bits=" + bits);
    }
    all.add("lazy_refcounts=on");
    all.add("compression_type=zstd");
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("options")
  void takesEveryKindOfQcow2(String options) throws Exception {
    Path disk = directory.resolve("disk");
    run("qemu-img", "create", "-q", "-f", "qcow2", "-o", options, disk.toString(), "24M");
    assertTaken(disk);
    // Written to at its beginning, in its middle and up to its end, as an installer does.
    run(
        "qemu-io",
        "-f",
        "qcow2",
        "-c",
        "write -P 1 0 1M",
        "-c",
        "write -P 2 9M 3M",
        "-c",
        "discard 10M 1M",
        "-c",
        "write -P 3 23M 1M",
        disk.toString());
    assertTaken(disk);
  }

  @ParameterizedTest
  @ValueSource(strings = {"512", "64k", "2M"})
  void takesWhatQemuImgPacks(String cluster) throws Exception {
    Path raw = TestDisks.mbr(directory.resolve("raw"), 1 << 20, 1);
    Path disk = directory.resolve("disk");
    for (String more : List.of("", ",compression_type=zstd", ",compat=0.10")) {
      String options = "cluster_size=" + cluster + more;
      run("qemu-img", "convert", "-q", "-c", "-O", "qcow2", "-o", options, "" + raw, "" + disk);
      assertTaken(disk, 1L << 20);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"64k", "2M"})
  void takesWhatWasResizedEmptiedOfSnapshotsAndMarkedWithBitmaps(String cluster) throws Exception {
    String disk = directory.resolve("disk").toString();
    run("qemu-img", "create", "-q", "-f", "qcow2", "-o", "cluster_size=" + cluster, disk, "4M");
    run("qemu-img", "snapshot", "-c", "one", disk);
    run("qemu-io", "-f", "qcow2", "-c", "write -P 1 0 4M", disk);
    run("qemu-img", "snapshot", "-d", "one", disk);
    run("qemu-img", "resize", "-q", disk, "24M");
    run("qemu-img", "bitmap", "--add", "-f", "qcow2", disk, "backup");
    run("qemu-img", "bitmap", "--add", "-g", "512k", "-f", "qcow2", disk, "another");
    assertTaken(Path.of(disk));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1T", "16T", "64T"})
  void takesLargeDisksThatAreEmpty(String size) throws Exception {
    Path disk = directory.resolve("disk");
    run("qemu-img", "create", "-q", "-f", "qcow2", disk.toString(), size);
    assertTrue(InspectionReport.of(disk).accepted(), InspectionReport.of(disk)::toString);
  }

  /** The sectors that sfdisk 2.38 writes for one bootable partition, or several. */
  @ParameterizedTest
  @ValueSource(strings = {"mbr-one", "mbr-logical", "gpt-uefi", "gpt-bios"})
  void takesPartitionTablesAsSfdiskWritesThem(String name) throws Exception {
    Path disk = directory.resolve("disk");
    try (FileChannel channel =
        FileChannel.open(disk, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(512), (24 << 20) - 512);
      for (String line : sectors(name).lines().toList()) {
        String[] sector = line.split(" ");
        channel.write(
            ByteBuffer.wrap(HexFormat.of().parseHex(sector[1])), 512 * Long.parseLong(sector[0]));
      }
    }
    DiskFacts facts = DiskInspector.inspect(disk);
    assertEquals(DiskFormat.RAW, facts.format());
    assertEquals(name.substring(0, 3).toUpperCase(Locale.ROOT), facts.content().name());
  }

  @ParameterizedTest
  @ValueSource(strings = {"ext2", "ext3", "ext4"})
  void takesFileSystemsOnTheWholeDisk(String type) throws Exception {
    Path disk = directory.resolve("disk");
    Files.write(disk, new byte[24 << 20]);
    run("mkfs." + type, "-q", "-F", disk.toString());
    assertEquals(DiskFacts.Content.EXT, DiskInspector.inspect(disk).content());
  }

  private static void assertTaken(Path disk) throws IOException {
    assertTaken(disk, 24L << 20);
  }

  private static void assertTaken(Path disk, long virtualSize) throws IOException {
    InspectionReport report = InspectionReport.of(disk);
    assertEquals(new InspectionReport(true, "qcow2", virtualSize, List.of()), report);
  }

  private static String sectors(String name) throws IOException {
    try (InputStream in = ImageCorpusTest.class.getResourceAsStream(name + ".sectors")) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    }
  }
}
