package org.hospes.repo.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.hospes.image.Digest;
import org.hospes.trust.path.DistinguishedName;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UploadsTest {
  private static final DistinguishedName BOB = new DistinguishedName("/DC=org/CN=Bob");
  private static final DistinguishedName ANN = new DistinguishedName("/DC=org/CN=Ann");
  private static final Digest DISK = Digest.sha256Of(new byte[] {1});
  private static final Duration LIFETIME = Duration.ofHours(1);

  @TempDir Path folder;
  private Instant now = Instant.parse("2026-11-20T12:00:00Z");
  private final RateLimit unlimited = new RateLimit(0);
  private Uploads uploads;

  @BeforeEach
  void open() throws Exception {
    uploads = new Uploads(folder, LIFETIME, 2, clock());
  }

  @Test
  void theSameAnnouncementFindsTheSameBytesEvenAfterARestart() throws Exception {
    Upload upload = announce(BOB, DISK, 10);
    receive(upload, new byte[] {1, 2, 3}, 0, 3);
    assertSame(upload, announce(BOB, DISK, 10));
    Upload later = new Uploads(folder, LIFETIME, 2, clock()).announce(BOB, DISK, 10).orElseThrow();
    assertEquals(3, later.received());
    assertEquals(upload.id(), later.id());
    assertFalse(later.complete());
  }

  @Test
  void nobodyElseComesToTheSameUpload() {
    assertFalse(announce(BOB, DISK, 10).id().equals(announce(ANN, DISK, 10).id()));
  }

  @Test
  void whatCameBeforeABreakStays() throws Exception {
    Upload upload = announce(BOB, DISK, 10);
    assertThrows(EOFException.class, () -> receive(upload, new byte[] {1, 2, 3, 4}, 0, 10));
    assertEquals(4, upload.received());
    receive(upload, new byte[] {5, 6, 7, 8, 9, 10}, 4, 6);
    assertTrue(upload.complete());
    assertArrayEquals(
        new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, Files.readAllBytes(upload.file()));
  }

  @Test
  void neverTakesMoreThanWasAnnounced() throws Exception {
    Upload upload = announce(BOB, DISK, 10);
    assertThrows(IllegalStateException.class, () -> receive(upload, new byte[20], 0, 20));
    assertThrows(IllegalStateException.class, () -> receive(upload, new byte[5], 3, 5));
    receive(upload, new byte[20], 0, 10);
    assertEquals(10, upload.received());
  }

  @Test
  void sweepsWhatNobodyGoesOnWith() throws Exception {
    Upload old = announce(BOB, DISK, 10);
    Upload young = announce(ANN, DISK, 10);
    receive(old, new byte[3], 0, 3);
    receive(young, new byte[3], 0, 3);
    Path forgotten = Files.write(folder.resolve("forgotten"), new byte[3]);
    touch(old.file(), Duration.ofMinutes(61));
    touch(forgotten, Duration.ofMinutes(61));
    touch(young.file(), Duration.ofMinutes(59));
    assertEquals(2, uploads.sweep());
    assertFalse(Files.exists(old.file()));
    assertTrue(Files.exists(young.file()));
    assertFalse(uploads.current(old));
    assertNotSame(old, announce(BOB, DISK, 10));
  }

  @Test
  void doesNotSweepWhatIsBeingReceived() throws Exception {
    Upload upload = announce(BOB, DISK, 10);
    receive(upload, new byte[3], 0, 3);
    touch(upload.file(), Duration.ofHours(2));
    upload.lock().lock();
    try {
      Thread sweeping = new Thread(() -> assertEquals(0, sweep()));
      sweeping.start();
      sweeping.join();
      assertTrue(Files.exists(upload.file()));
    } finally {
      upload.lock().unlock();
    }
    assertEquals(1, uploads.sweep());
  }

  @Test
  void forgetsAnnouncementsThatNobodyFollowed() throws Exception {
    Upload upload = announce(BOB, DISK, 10);
    uploads.sweep();
    assertTrue(uploads.current(upload));
    now = now.plus(LIFETIME).plusSeconds(1);
    uploads.sweep();
    assertFalse(uploads.current(upload));
  }

  @Test
  void theRateIsKept() throws Exception {
    AtomicLong time = new AtomicLong(7);
    RateLimit rate = new RateLimit(1 << 20, time::get, time::addAndGet);
    for (int i = 0; i < 20; i++) {
      rate.spend(1 << 16);
    }
    assertEquals(7 + 1_250_000_000L, time.get(), "20 times 64 KiB at 1 MiB/s");
    time.addAndGet(5_000_000_000L);
    rate.spend(1 << 20);
    assertEquals(7 + 6_250_000_000L, time.get(), "a second's worth may go at once");
    rate.spend(1 << 20);
    assertEquals(7 + 7_250_000_000L, time.get(), "and no more");
  }

  @Test
  void onePublisherMayHaveSoManyAndNoMore() throws Exception {
    announce(BOB, DISK, 10);
    Upload second = announce(BOB, DISK, 11);
    assertTrue(uploads.announce(BOB, DISK, 12).isEmpty());
    assertTrue(uploads.announce(ANN, DISK, 12).isPresent());
    assertEquals(10 + 11 + 12, uploads.outstanding());
    receive(second, new byte[4], 0, 4);
    assertEquals(10 + 7 + 12, uploads.outstanding());
    assertSame(second, announce(BOB, DISK, 11));
    uploads.discard(second);
    assertTrue(uploads.announce(BOB, DISK, 12).isPresent());
  }

  private Upload announce(DistinguishedName publisher, Digest digest, long size) {
    return uploads.announce(publisher, digest, size).orElseThrow();
  }

  private int sweep() {
    try {
      return uploads.sweep();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private void touch(Path file, Duration age) throws Exception {
    Files.setLastModifiedTime(file, FileTime.from(now.minus(age)));
  }

  private void receive(Upload upload, byte[] bytes, long from, long length) throws Exception {
    upload.lock().lock();
    try {
      upload.receive(
          new ByteArrayInputStream(Arrays.copyOf(bytes, bytes.length)), from, length, unlimited);
    } finally {
      upload.lock().unlock();
    }
  }

  private Clock clock() {
    return new Clock() {
      @Override
      public ZoneId getZone() {
        return ZoneOffset.UTC;
      }

      @Override
      public Clock withZone(ZoneId zone) {
        return this;
      }

      @Override
      public Instant instant() {
        return now;
      }
    };
  }
}
