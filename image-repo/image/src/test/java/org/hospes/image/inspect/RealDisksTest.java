package org.hospes.image.inspect;

import static org.hospes.image.testimages.CommandLine.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import org.hospes.image.DiskFormat;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.testimages.TestDisks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Disks as the real tools make them. */
class RealDisksTest {
  @TempDir Path directory;
  private Path disk;

  @BeforeEach
  void name() {
    disk = directory.resolve("disk");
  }

  @Test
  void takesWhatQemuImgCreates() throws Exception {
    run("qemu-img", "create", "-q", "-f", "qcow2", disk.toString(), "1G");
    assertEquals(DiskFormat.QCOW2, DiskInspector.inspect(disk).format());
    assertEquals(1L << 30, DiskInspector.inspect(disk).virtualBytes());
    run("qemu-img", "create", "-q", "-f", "qcow2", "-o", "compat=0.10", disk.toString(), "10M");
    assertEquals(10L << 20, DiskInspector.inspect(disk).virtualBytes());
    run(
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-o",
        "extended_l2=on,cluster_size=128k,compression_type=zstd",
        disk.toString(),
        "3G");
    assertEquals(3L << 30, DiskInspector.inspect(disk).virtualBytes());
  }

  @Test
  void refusesABackingFileADataFileAndASnapshotAsQemuImgMakesThem() throws Exception {
    Path base = TestDisks.mbr(directory.resolve("base"), 1 << 20, 1);
    run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", base.toString(), "" + disk);
    assertEquals("image.disk.backing-file", refuse().code());
    assertEquals(base.toString(), refuse().facts().get("found"));
    run(
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-o",
        "data_file=" + directory.resolve("data"),
        disk.toString(),
        "1M");
    assertEquals("image.disk.data-file", refuse().code());
    run("qemu-img", "create", "-q", "-f", "qcow2", disk.toString(), "1M");
    run("qemu-img", "snapshot", "-c", "one", disk.toString());
    assertEquals("image.disk.qcow2", refuse().code());
  }

  @ParameterizedTest
  @ValueSource(strings = {"vmdk", "vdi", "vpc", "vhdx", "qed", "qcow"})
  void refusesOtherFormats(String format) throws Exception {
    run("qemu-img", "create", "-q", "-f", format, disk.toString(), "1M");
    assertEquals("image.disk.format", refuse().code());
  }

  @Test
  void takesARealFileSystem() throws Exception {
    Files.write(disk, new byte[4 << 20]);
    run("mkfs.ext4", "-q", "-F", disk.toString());
    assertEquals(DiskFacts.Content.EXT, DiskInspector.inspect(disk).content());
  }

  @Test
  void ourOwnTestQcow2IsOneForQemuToo() throws Exception {
    TestDisks.write(disk, TestDisks.qcow2(1L << 30));
    run("qemu-img", "check", "-q", "-f", "qcow2", disk.toString());
  }

  private ImageRefusedException refuse() {
    return assertThrows(ImageRefusedException.class, () -> DiskInspector.inspect(disk));
  }
}
