package org.hospes.image.fetch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.hospes.image.BootInformation;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.Manifest;
import org.hospes.image.manifest.ManifestMaker;
import org.hospes.image.testimages.TestDisks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class ImageFetchTest {
  private static final int BYTES = (9 << 20) + 512 * 3;
  private static final URI HERE = URI.create("https://here.example/images/1");
  private static final URI THERE = URI.create("https://there.example/images/1");
  private static final FetchLimits QUICK = new FetchLimits(3, 4, Duration.ofMillis(1));

  @TempDir Path directory;
  private byte[] disk;
  private Manifest manifest;
  private Path partial;
  private final AtomicLong served = new AtomicLong();

  @BeforeEach
  void describe() throws Exception {
    disk = TestDisks.mbr(BYTES, 11);
    manifest =
        ManifestMaker.describe(
            TestDisks.write(directory.resolve("disk"), disk),
            "sl6",
            "1",
            Optional.empty(),
            BootInformation.OWN_LOADER,
            "/DC=org/CN=Bob");
    partial = directory.resolve("partial");
  }

  @Test
  void bringsTheDiskAndCountsItsBytes() throws Exception {
    AtomicLong last = new AtomicLong();
    FetchedImage fetched =
        new ImageFetch(from(disk), QUICK)
            .fetch(List.of(HERE), manifest, partial, (done, total) -> last.set(done));
    assertEquals(manifest.sha256(), fetched.digest());
    assertEquals(BYTES, fetched.transferredBytes());
    assertEquals(0, fetched.resumedBytes());
    assertEquals(BYTES, last.get());
    assertArrayEquals(disk, Files.readAllBytes(partial));
  }

  @Test
  void goesOnWhereABrokenAnswerEnded() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    RangeSource breaking =
        (address, from, to) ->
            calls.incrementAndGet() % 2 == 1
                ? breaking(from, to, 700_000)
                : from(disk).open(address, from, to);
    FetchedImage fetched = fetch(breaking, HERE);
    assertEquals(BYTES, fetched.transferredBytes());
    assertArrayEquals(disk, Files.readAllBytes(partial));
  }

  @Test
  void keepsWhatCameAndTakesOnlyTheRestNextTime() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    RangeSource dying =
        (address, from, to) -> {
          if (calls.incrementAndGet() == 1) {
            return breaking(from, to, 4_500_000);
          }
          throw new IOException("connection refused");
        };
    FetchFailedException failed =
        assertThrows(FetchFailedException.class, () -> fetch(dying, HERE));
    assertEquals(4_500_000 / (1 << 18) * (1 << 18), failed.bytesDone(), 1 << 18);
    assertTrue(Files.exists(partial));
    FetchedImage fetched = fetch(from(disk), HERE);
    assertEquals(4 << 20, fetched.resumedBytes());
    assertEquals(BYTES - (4 << 20), fetched.transferredBytes());
    assertArrayEquals(disk, Files.readAllBytes(partial));
  }

  @Test
  void refusesAFlippedBitAndLeavesNothing() {
    byte[] flipped = disk.clone();
    flipped[5_000_000] ^= 1;
    ImageRefusedException refused =
        assertThrows(ImageRefusedException.class, () -> fetch(from(flipped), HERE));
    assertEquals("image.digest.mismatch", refused.code());
    assertEquals(manifest.sha256().toString(), refused.facts().get("expected"));
    assertFalse(Files.exists(partial));
  }

  @Test
  void takesTheBadChunkAloneFromAnotherSource() throws Exception {
    byte[] flipped = disk.clone();
    flipped[5_000_000] ^= 1;
    FetchLimits oneByOne = new FetchLimits(1, 2, Duration.ZERO);
    RangeSource both =
        (address, from, to) -> from(address.equals(HERE) ? flipped : disk).open(address, from, to);
    FetchedImage fetched =
        new ImageFetch(both, oneByOne)
            .fetch(List.of(HERE, THERE), manifest, partial, FetchProgress.SILENT);
    assertEquals(BYTES + (1 << 20), fetched.transferredBytes());
    assertArrayEquals(disk, Files.readAllBytes(partial));
  }

  @Test
  void turnsToAnotherSourceWhenOneIsDown() throws Exception {
    RangeSource halfDown =
        (address, from, to) -> {
          if (address.equals(HERE)) {
            throw new IOException("no route");
          }
          return from(disk).open(address, from, to);
        };
    fetch(halfDown, HERE, THERE);
    assertArrayEquals(disk, Files.readAllBytes(partial));
  }

  @Test
  void takesAFinishedPartialWithoutAnyTransfer() throws Exception {
    Files.write(partial, disk);
    FetchedImage fetched =
        fetch(
            (address, from, to) -> {
              throw new IOException("nobody should ask");
            },
            HERE);
    assertEquals(0, fetched.transferredBytes());
    assertEquals(BYTES, fetched.resumedBytes());
  }

  @Test
  void cutsAPartialThatIsTooLong() throws Exception {
    Files.write(partial, Arrays.copyOf(disk, BYTES + 100));
    fetch(from(disk), HERE);
    assertEquals(BYTES, Files.size(partial));
  }

  @Test
  void endsWhenItsThreadIsInterrupted() throws Exception {
    CountDownLatch began = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    RangeSource hanging =
        (address, from, to) ->
            new InputStream() {
              @Override
              public int read() throws IOException {
                began.countDown();
                try {
                  closed.await();
                } catch (InterruptedException e) {
                  throw new IOException("interrupted", e);
                }
                throw new IOException("closed");
              }

              @Override
              public void close() {
                closed.countDown();
              }
            };
    AtomicInteger outcome = new AtomicInteger();
    Thread fetching =
        new Thread(
            () -> {
              try {
                fetch(hanging, HERE);
              } catch (InterruptedException e) {
                outcome.set(1);
              } catch (Exception e) {
                outcome.set(2);
              }
            });
    fetching.start();
    assertTrue(began.await(60, TimeUnit.SECONDS));
    fetching.interrupt();
    fetching.join(60_000);
    assertFalse(fetching.isAlive());
    assertEquals(1, outcome.get());
  }

  private FetchedImage fetch(RangeSource source, URI... sources) throws Exception {
    return new ImageFetch(source, QUICK)
        .fetch(List.of(sources), manifest, partial, FetchProgress.SILENT);
  }

  private RangeSource from(byte[] bytes) {
    return (address, from, to) -> {
      served.addAndGet(to - from);
      return new ByteArrayInputStream(bytes, (int) from, (int) (to - from));
    };
  }

  private InputStream breaking(long from, long to, int after) {
    return new FilterInputStream(
        new ByteArrayInputStream(disk, (int) from, (int) Math.min(to - from, after))) {
      @Override
      public int read(byte[] into, int offset, int length) throws IOException {
        int read = super.read(into, offset, length);
        if (read < 0) {
          throw new IOException("connection reset");
        }
        return read;
      }
    };
  }
}
