package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.hospes.image.fetch.RangeSource;
import org.hospes.node.journal.HandedFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What was copied ahead, however it differs, becomes what was handed over, or it is refused. */
class PeerFetchTest {
  private static final int BLOCK = BlockSums.BLOCK;
  private static final PeerFetch.Place PLACE =
      new PeerFetch.Place(URI.create("https://n.test/file"), URI.create("https://n.test/sums"));

  @TempDir Path root;
  private Path file;
  private Node node;

  /** Another node with one file, which may say other sums than are true. */
  private static final class Node implements RangeSource {
    final byte[] bytes;
    byte[] sums;
    long fetched;

    Node(byte[] bytes, Path scratch) throws IOException {
      this.bytes = bytes;
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      Files.write(scratch, bytes);
      try (FileChannel channel = FileChannel.open(scratch)) {
        BlockSums.write(channel, bytes.length, out);
      }
      sums = out.toByteArray();
      assertEquals(BlockSums.bytes(bytes.length), sums.length);
    }

    @Override
    public InputStream open(URI address, long from, long to) {
      fetched += to - from;
      return new ByteArrayInputStream(bytes, (int) from, (int) (to - from));
    }

    @Override
    public InputStream open(URI address, long atMost) throws IOException {
      if (sums == null) {
        throw new IOException("expected status 200, found 404");
      }
      return new ByteArrayInputStream(sums);
    }

    HandedFile handed() throws Exception {
      byte[] sha256 = MessageDigest.getInstance("SHA-256").digest(bytes);
      return new HandedFile("overlay", bytes.length, HexFormat.of().formatHex(sha256));
    }
  }

  @BeforeEach
  void place() {
    file = root.resolve("file");
  }

  private static byte[] random(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private void has(byte[] bytes) throws Exception {
    node = new Node(bytes, root.resolve("of-the-node"));
  }

  private CopiedFile copied(byte[] bytes) throws IOException {
    return CopiedFile.of(file, new ByteArrayInputStream(bytes), count -> {}, () -> false);
  }

  private void fetch(Optional<CopiedFile> ahead) throws Exception {
    long[] came = {0};
    new PeerFetch(node, Clock.systemUTC(), () -> false, count -> came[0] += count)
        .fetch(PLACE, node.handed(), file, ahead);
    assertArrayEquals(node.bytes, Files.readAllBytes(file));
    assertEquals(node.bytes.length, came[0], "what people are told of is all of it, once");
  }

  static IntStream seeds() {
    return IntStream.range(0, 40);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void whateverChangedSinceItIsWhatWasHandedOver(int seed) throws Exception {
    Random random = new Random(seed);
    byte[] before = random(1 + random.nextInt(12 * BLOCK), seed);
    byte[] after =
        Arrays.copyOf(
            before, random.nextBoolean() ? before.length : 1 + random.nextInt(12 * BLOCK));
    for (int changes = random.nextInt(5); changes > 0; changes--) {
      int at = random.nextInt(after.length);
      int to = Math.min(after.length, at + random.nextInt(200_000));
      byte[] by = random.nextBoolean() ? new byte[to - at] : random(to - at, seed + changes);
      System.arraycopy(by, 0, after, at, by.length);
    }
    has(after);
    fetch(Optional.of(copied(before)));
  }

  @Test
  void whatDidNotChangeIsNeitherFetchedNorReadAgain() throws Exception {
    has(random(5 * BLOCK + 100, 1));
    CopiedFile ahead = copied(node.bytes);
    assertEquals(5L * BLOCK, ahead.bytes());
    fetch(Optional.of(ahead));
    assertEquals(100, node.fetched);
  }

  @Test
  void ofWhatChangedOnlyTheBlocksAreFetched() throws Exception {
    byte[] before = random(20 * BLOCK, 1);
    has(before.clone());
    // As QEMU's memory, whose header is written last.
    node.bytes[0] ^= 1;
    node.bytes[15 * BLOCK] ^= 1;
    node.bytes[17 * BLOCK] ^= 1;
    has(node.bytes);
    fetch(Optional.of(copied(before)));
    assertEquals(BLOCK + 3L * BLOCK, node.fetched, "those near each other at once");
  }

  @Test
  void zerosTakeThePlaceOfWhatStoodThere() throws Exception {
    byte[] before = random(3 * BLOCK, 1);
    byte[] after = before.clone();
    Arrays.fill(after, BLOCK, 2 * BLOCK, (byte) 0);
    has(after);
    fetch(Optional.of(copied(before)));
    assertEquals(BLOCK, node.fetched);
  }

  @Test
  void aFileThatIsShorterNowIsCut() throws Exception {
    has(random(2 * BLOCK + 7, 1));
    fetch(Optional.of(copied(Arrays.copyOf(node.bytes, 6 * BLOCK))));
    has(new byte[0]);
    fetch(Optional.of(copied(random(3 * BLOCK, 1))));
  }

  @Test
  void holesAtTheEndOfWhatWasCopiedAreThere() throws Exception {
    has(Arrays.copyOf(random(BLOCK, 1), 4 * BLOCK));
    fetch(Optional.of(copied(node.bytes)));
    assertEquals(0, node.fetched);
  }

  @Test
  void whatAnotherSaidAheadIsNothingOnceItIsCompared() throws Exception {
    has(random(4 * BLOCK, 1));
    fetch(Optional.of(copied(random(4 * BLOCK, 2))));
    assertEquals(4L * BLOCK, node.fetched);
  }

  @Test
  void sumsThatLieCostAnotherTryAndNoMore() throws Exception {
    byte[] before = random(4 * BLOCK, 1);
    byte[] after = before.clone();
    after[BLOCK] ^= 1;
    has(before);
    byte[] lies = node.sums;
    has(after);
    node.sums = lies;
    CopiedFile ahead = copied(before);
    GuestFailedException refused =
        assertThrows(GuestFailedException.class, () -> fetch(Optional.of(ahead)));
    assertEquals("handover.altered", refused.failure().code());
    assertTrue(refused.worthRepeating(), "it may have been what was copied ahead");
    assertEquals(0, Files.size(file), "nothing of it is kept");
    fetch(Optional.empty());
  }

  @Test
  void withoutSumsItIsAskedForAgain() throws Exception {
    has(random(4 * BLOCK, 1));
    node.sums = null;
    CopiedFile ahead = copied(node.bytes);
    GuestFailedException failed =
        assertThrows(GuestFailedException.class, () -> fetch(Optional.of(ahead)));
    assertTrue(failed.worthRepeating());
    fetch(Optional.empty());
    node.sums = new byte[3];
    has(node.bytes);
    node.sums = new byte[3];
    CopiedFile again = copied(node.bytes);
    assertEquals(
        "handover.fetch",
        assertThrows(GuestFailedException.class, () -> fetch(Optional.of(again))).failure().code());
  }

  @Test
  void whatBreaksOffAheadCountsAsFarAsItCame() throws Exception {
    has(random(4 * BLOCK, 1));
    InputStream breaks =
        new InputStream() {
          private int at;

          @Override
          public int read() throws IOException {
            throw new IOException("not one by one");
          }

          @Override
          public int read(byte[] into, int offset, int length) throws IOException {
            if (at > 2 * BLOCK) {
              throw new IOException("broken");
            }
            System.arraycopy(node.bytes, at, into, offset, length);
            at += length;
            return length;
          }
        };
    CopiedFile ahead = CopiedFile.of(file, breaks, count -> {}, () -> false);
    assertEquals(2L * BLOCK, ahead.bytes());
    fetch(Optional.of(ahead));
    assertEquals(2L * BLOCK, node.fetched);
  }
}
