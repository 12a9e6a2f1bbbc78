package org.hospes.node.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VolumeRoomTest {
  private static final long EXTENT = 4 << 20;
  private final VolumeRoom room = new VolumeRoom(EXTENT);

  @Test
  void volumesTakeWholeExtents() {
    assertEquals(EXTENT, room.dense(1));
    assertEquals(EXTENT, room.dense(EXTENT));
    assertEquals(2 * EXTENT, room.dense(EXTENT + 512));
  }

  /** As the kernel lays it out: a header, then tables of 4096 entries, each before its chunks. */
  @ParameterizedTest
  @ValueSource(
      longs = {512, 4 << 20, 64 << 20, (256 << 20) - (4 << 20), 256 << 20, 1L << 30, 10L << 40})
  void aSnapshotHasRoomForAWriteToEveryByte(long bytes) {
    long chunks = room.dense(bytes) / VolumeRoom.CHUNK;
    long full = 1 + (chunks / 4096 + 1) * 4097;
    long needed = 1 + chunks + chunks / 4096 + 1;
    long taken = room.snapshot(bytes) / VolumeRoom.CHUNK;
    assertTrue(taken >= needed, taken + " chunks, " + needed + " are needed");
    assertTrue(taken <= full + EXTENT / VolumeRoom.CHUNK, taken + " chunks are too many");
    assertEquals(0, room.snapshot(bytes) % EXTENT);
  }

  @Test
  void extentsAreNotNothing() {
    assertThrows(IllegalArgumentException.class, () -> new VolumeRoom(0));
  }
}
