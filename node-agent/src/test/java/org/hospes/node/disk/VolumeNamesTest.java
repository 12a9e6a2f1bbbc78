package org.hospes.node.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VolumeNamesTest {
  private static final UUID ID = UUID.fromString("8d0e4a4e-7f2c-4b7a-9a59-0e4a4e7f2c4b");

  @Test
  void everyNameOfAGuestTellsWhoseItIs() {
    String disk = VolumeNames.disk(ID);
    String scratch = VolumeNames.scratch(ID);
    for (String name :
        List.of(
            disk,
            scratch,
            VolumeNames.fresh(disk),
            VolumeNames.back(scratch),
            VolumeNames.fresh(VolumeNames.back(disk)))) {
      assertEquals(Optional.of(ID), VolumeNames.guestOf(name), name);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "root",
        "hospes-8d0e4a4e-7f2c-4b7a-9a59-0e4a4e7f2c4b",
        "hospes-8d0e4a4e-7f2c-4b7a-9a59-0e4a4e7f2c4b-home",
        "my-hospes-8d0e4a4e-7f2c-4b7a-9a59-0e4a4e7f2c4b-disk",
        "hospes-8D0E4A4E-7F2C-4B7A-9A59-0E4A4E7F2C4B-disk"
      })
  void noOtherDoes(String name) {
    assertEquals(Optional.empty(), VolumeNames.guestOf(name));
    assertFalse(VolumeNames.isBase(name));
  }

  @Test
  void aBaseIsCalledAfterItsImageAndASpoiltOneIsNone() {
    String base = VolumeNames.base("0f".repeat(32));
    assertTrue(VolumeNames.isBase(base));
    assertFalse(VolumeNames.isBase(VolumeNames.fresh(base)));
    String spoilt = VolumeNames.spoilt(base, 1_700_000_000L);
    assertFalse(VolumeNames.isBase(spoilt));
    assertTrue(VolumeNames.isSpoilt(spoilt));
    assertTrue(spoilt.length() < 127, "LVM's names have 127 characters at most");
    assertThrows(IllegalArgumentException.class, () -> VolumeNames.base("../../etc"));
  }
}
