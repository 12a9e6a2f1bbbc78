package org.hospes.node.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What LVM's reports mean; LVM itself is in {@code VolumesInDom0}. */
class VolumeGroupTest {
  /** As LVM 2.03.16 writes it. */
  private static final String LISTED =
      """
        {
            "report": [
                {
                    "lv": [
                        {"lv_name":"base", "lv_size":"67108864", "origin_size":"", "lv_tags":"hospes:node1", "origin":"", "lv_active":"active", "lv_permissions":"read-only", "lv_snapshot_invalid":"unknown"},
                        {"lv_name":"disk", "lv_size":"71303168", "origin_size":"67108864", "lv_tags":"b,hospes:node1", "origin":"base", "lv_active":"active", "lv_permissions":"writeable", "lv_snapshot_invalid":""},
                        {"lv_name":"full", "lv_size":"71303168", "origin_size":"67108864", "lv_tags":"", "origin":"base", "lv_active":"", "lv_permissions":"writeable", "lv_snapshot_invalid":"snapshot invalid"}
                    ]
                }
            ]
        }
      """;

  @TempDir Path folder;

  @Test
  void aListIsUnderstood() throws Exception {
    List<Volume> all = VolumeGroup.parse(VolumeGroup.reported(LISTED, "lv"));
    Set<String> own = Set.of("hospes:node1");
    assertEquals(
        new Volume("base", 64 << 20, 64 << 20, own, Optional.empty(), true, true, false),
        all.get(0));
    assertEquals(
        new Volume(
            "disk",
            64 << 20,
            68 << 20,
            Set.of("b", "hospes:node1"),
            Optional.of("base"),
            true,
            false,
            false),
        all.get(1));
    assertEquals(
        new Volume("full", 64 << 20, 68 << 20, Set.of(), Optional.of("base"), false, false, true),
        all.get(2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "{\"report\":[]}", "{\"report\":[{\"lv\":{}}]}", "LV VG Attr"})
  void whatIsNoListIsNotTakenForAnEmptyOne(String text) {
    DiskException told = assertThrows(DiskException.class, () -> VolumeGroup.reported(text, "lv"));
    assertEquals(DiskException.FAILED, told.code());
  }

  @Test
  void aCommandThatFailsIsToldWithWhatItSaid() throws Exception {
    DiskException absent =
        assertThrows(
            DiskException.class, () -> saying("Volume group \\\"guests\\\" not found").facts());
    assertEquals(DiskException.FAILED, absent.code());
    assertTrue(absent.getMessage().contains("Volume group \"guests\" not found"));
    DiskException full =
        assertThrows(
            DiskException.class,
            () ->
                saying(
                        "Volume group \\\"guests\\\" has insufficient free space (1 extents): 2 required.")
                    .facts());
    assertEquals(DiskException.NO_SPACE, full.code());
  }

  @Test
  void othersVolumesAreLeftAlone() throws Exception {
    Path listed = Files.writeString(folder.resolve("listed"), LISTED);
    VolumeGroup group = group("cat " + listed + "; echo \"$@\" >> " + folder.resolve("asked"));
    DiskException stranger = assertThrows(DiskException.class, () -> group.remove("full"));
    assertEquals(DiskException.CONFLICT, stranger.code());
    DiskException stoodOn = assertThrows(DiskException.class, () -> group.remove("base"));
    assertTrue(stoodOn.getMessage().contains("disk"), stoodOn.getMessage());
    group.remove("absent", "disk");
    List<String> asked = Files.readAllLines(folder.resolve("asked"));
    assertEquals(
        List.of("lvremove --yes guests/disk"),
        asked.stream().filter(line -> !line.startsWith("lvs ")).toList());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-x", ".", "..", "a/b", "a b", "@tag"})
  void namesOfGroups(String name) {
    assertThrows(IllegalArgumentException.class, () -> VolumeGroup.requireName(name));
    assertEquals("vg0-guests", VolumeGroup.requireName("vg0-guests"));
  }

  private VolumeGroup saying(String complaint) throws Exception {
    return group("echo \"" + complaint + "\" >&2; exit 5");
  }

  private VolumeGroup group(String script) throws Exception {
    Path tool = Files.writeString(folder.resolve("lvm"), "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwxr-xr-x"));
    return new VolumeGroup("guests", "hospes:node1", tool);
  }
}
