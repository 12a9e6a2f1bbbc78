package org.hospes.node.imagecache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignedImage;
import org.hospes.image.fetch.FetchProgress;
import org.hospes.image.policy.Audience;
import org.hospes.trust.path.DistinguishedName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageCacheTest {
  private static final int MIB = 1 << 20;

  @TempDir Path folder;

  private final Clock clock = Clock.fixed(Instant.parse("2026-11-20T12:00:00Z"), ZoneOffset.UTC);
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final List<String> told = new CopyOnWriteArrayList<>();
  private final CacheTrail trail = (event, facts) -> told.add(event + facts);
  private TestImages images;
  private ImageCache cache;

  @BeforeEach
  void open() throws IOException {
    images = new TestImages(Files.createDirectories(folder.resolve("repository")), clock);
    cache = cache(4 * MIB);
  }

  @AfterEach
  void close() {
    cache.close();
  }

  private ImageCache cache(long most) throws IOException {
    return new ImageCache(
        folder.resolve("cache"),
        most,
        images,
        images,
        new TestPapers(),
        FileVerity.NONE,
        trail,
        clock,
        meters);
  }

  private static ImageDemand demand(SignedImage papers) {
    return new ImageDemand(
        UUID.randomUUID(),
        TestImages.digestOf(papers),
        papers,
        List.of(URI.create("https://repository.test/x")),
        Audience.caller(new DistinguishedName("/CN=Alice"), "demo"));
  }

  private CachedImage hold(ImageDemand demand) throws Exception {
    return cache.hold(demand, FetchProgress.SILENT, () -> false);
  }

  private long count(String event) {
    return told.stream().filter(line -> line.startsWith(event + "{")).count();
  }

  private static void flip(Path file) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(4096);
      int was = bytes.read();
      bytes.seek(4096);
      bytes.write(was ^ 1);
    }
  }

  private List<Path> files() throws IOException {
    try (var all = Files.walk(folder.resolve("cache"))) {
      return all.filter(Files::isRegularFile).toList();
    }
  }

  @Test
  void tenDemandsAtOnceAreOneTransfer() throws Exception {
    SignedImage papers = images.publish(MIB, 1);
    images.slow(Duration.ofMillis(300));
    ExecutorService crowd = Executors.newFixedThreadPool(10);
    List<Future<CachedImage>> all = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      all.add(crowd.submit(() -> hold(demand(papers))));
    }
    Set<Path> seen = new HashSet<>();
    for (Future<CachedImage> one : all) {
      seen.add(one.get(60, TimeUnit.SECONDS).file());
    }
    crowd.shutdown();
    assertEquals(1, seen.size());
    assertEquals(1, images.fetches(TestImages.digestOf(papers)));
    Path file = seen.iterator().next();
    assertEquals("r--r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
  }

  @Test
  void nothingOfAnImageChangesByItsUse() throws Exception {
    SignedImage papers = images.publish(MIB, 1);
    Path file = hold(demand(papers)).file();
    Map<String, Object> before = Files.readAttributes(file, "unix:uid,mode,ino,ctime");
    ImageDemand again = demand(papers);
    hold(again);
    cache.release(again.holder());
    assertEquals(before, Files.readAttributes(file, "unix:uid,mode,ino,ctime"));
    assertEquals(1, images.fetches(TestImages.digestOf(papers)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwxrwxrwx", "rwxr-xrwx"})
  void aDirectoryThatOthersCanWriteToIsNoPlaceForACache(String mode) throws Exception {
    cache.close();
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(mode));
    IOException refused = assertThrows(IOException.class, () -> cache(4 * MIB));
    assertTrue(refused.getMessage().contains("chmod go-w"), refused::getMessage);
    assertTrue(refused.getMessage().startsWith(folder.toRealPath() + ":"), refused::getMessage);
    // In such a one others cannot replace what is not theirs.
    Files.setAttribute(folder, "unix:mode", 01777);
    cache(4 * MIB).close();
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    cache = cache(4 * MIB);
    hold(demand(images.publish(MIB, 1)));
  }

  @Test
  void aLinkToTheCacheIsJudgedByWhereItLeads() throws Exception {
    Path open = Files.createDirectory(folder.resolve("open"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    Path inside = Files.createDirectory(open.resolve("inside"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), inside);
    assertThrows(IOException.class, () -> GuardedWay.require(link));
    GuardedWay.require(folder);
  }

  @Test
  void aFlippedBitInTheCacheNeverBoots() throws Exception {
    SignedImage papers = images.publish(MIB, 1);
    ImageDemand first = demand(papers);
    CachedImage good = hold(first);
    assertTrue(cache.unchanged(first.holder()));
    flip(good.file());
    assertFalse(cache.unchanged(first.holder()), "the kernel noticed the write");
    ImageRefusedException refused =
        assertThrows(ImageRefusedException.class, () -> hold(demand(papers)));
    assertEquals("image.digest.mismatch", refused.code());
    assertEquals(first.digest().toString(), refused.facts().get("expected"));
    assertEquals(List.of(), cache.contents());
    CachedImage fetchedAnew = hold(demand(papers));
    assertEquals(2, images.fetches(TestImages.digestOf(papers)));
    assertEquals(good.verified().digest(), fetchedAnew.verified().digest());
    assertEquals(1.0, meters.counter("hospes_cache_corrupt").count());
    assertEquals(1, count("image.corrupt"), told::toString);
    assertEquals(1, count("image.refused"), told::toString);
    assertEquals(2, count("image.accepted"), told::toString);
    for (String line : told) {
      assertTrue(line.contains(first.digest().toString()), line);
    }
    assertTrue(told.get(0).contains("rule=test"), told.get(0));
    assertTrue(told.get(0).contains("workspace=" + first.holder()), told.get(0));
  }

  @Test
  void aCorruptImageThatCannotBeFetchedAnewIsRefusedAndGone() throws Exception {
    SignedImage papers = images.publish(MIB, 1);
    ImageDemand first = demand(papers);
    flip(hold(first).file());
    images.alter(true);
    ImageRefusedException refused =
        assertThrows(ImageRefusedException.class, () -> hold(demand(papers)));
    assertEquals("image.digest.mismatch", refused.code());
    assertThrows(ImageRefusedException.class, () -> hold(demand(papers)));
    assertEquals(List.of(), cache.contents());
  }

  @Test
  void alteredOnTheWireIsRefusedAndLeavesNothing() throws Exception {
    SignedImage papers = images.publish(MIB, 1);
    images.alter(true);
    assertThrows(ImageRefusedException.class, () -> hold(demand(papers)));
    assertEquals(List.of(), files());
  }

  @Test
  void anUntrustedSignerCostsNoTransfer() throws Exception {
    SignedImage papers = images.publish(MIB, 1, "/DC=org/DC=hospes/CN=Mallory");
    ImageRefusedException refused =
        assertThrows(ImageRefusedException.class, () -> hold(demand(papers)));
    assertEquals("image.signer.untrusted", refused.code());
    assertEquals(0, images.fetches(TestImages.digestOf(papers)));
    assertEquals(List.of(), files());
  }

  @Test
  void papersOfAnotherImageAreRefused() throws Exception {
    SignedImage one = images.publish(MIB, 1);
    SignedImage other = images.publish(MIB, 2);
    ImageDemand mixed =
        new ImageDemand(
            UUID.randomUUID(),
            TestImages.digestOf(one),
            other,
            List.of(),
            Audience.caller(new DistinguishedName("/CN=Alice"), "demo"));
    ImageRefusedException refused = assertThrows(ImageRefusedException.class, () -> hold(mixed));
    assertEquals(TestImages.digestOf(one).toString(), refused.facts().get("expected"));
    assertEquals(TestImages.digestOf(other).toString(), refused.facts().get("found"));
  }

  @Test
  void theLeastRecentlyUsedMakesWayButNeverOneInUse() throws Exception {
    SignedImage inUse = images.publish(MIB, 1);
    SignedImage old = images.publish(MIB, 2);
    SignedImage young = images.publish(MIB, 3);
    hold(demand(inUse));
    ImageDemand oldDemand = demand(old);
    hold(oldDemand);
    cache.release(oldDemand.holder());
    Thread.sleep(20);
    cache.close();
    Clock later = Clock.offset(clock, Duration.ofMinutes(1));
    cache =
        new ImageCache(
            folder.resolve("cache"),
            4 * MIB,
            images,
            images,
            new TestPapers(),
            FileVerity.NONE,
            trail,
            later,
            meters);
    ImageDemand held = demand(inUse);
    cache.adopt(held.holder(), held.digest());
    ImageDemand youngDemand = demand(young);
    hold(youngDemand);
    cache.release(youngDemand.holder());
    SignedImage big = images.publish(2 * MIB, 4);
    hold(demand(big));
    assertEquals(
        Set.of(TestImages.digestOf(inUse), TestImages.digestOf(young), TestImages.digestOf(big)),
        Set.copyOf(cache.contents()));
    SignedImage tooMuch = images.publish(3 * MIB, 5);
    CacheException full = assertThrows(CacheException.class, () -> hold(demand(tooMuch)));
    assertEquals(CacheException.Kind.FULL, full.kind());
  }

  @Test
  void aBrokenTransferKeepsWhatCame() throws Exception {
    SignedImage papers = images.publish(MIB, 1);
    images.breakWire(new IOException("connection reset"));
    CacheException broken = assertThrows(CacheException.class, () -> hold(demand(papers)));
    assertEquals(CacheException.Kind.FETCH, broken.kind());
    assertEquals(1, files().size());
    images.breakWire(null);
    hold(demand(papers));
    assertEquals(List.of(TestImages.digestOf(papers)), cache.contents());
  }

  @Test
  void aTransferThatNobodyWaitsForIsGivenUp() throws Exception {
    SignedImage papers = images.publish(MIB, 1);
    images.slow(Duration.ofSeconds(300));
    AtomicBoolean gone = new AtomicBoolean();
    ExecutorService one = Executors.newSingleThreadExecutor();
    Future<CachedImage> waiting =
        one.submit(() -> cache.hold(demand(papers), FetchProgress.SILENT, gone::get));
    Thread.sleep(300);
    gone.set(true);
    Exception ended = assertThrows(Exception.class, () -> waiting.get(60, TimeUnit.SECONDS));
    assertEquals(CacheException.Kind.ABANDONED, ((CacheException) ended.getCause()).kind());
    one.shutdown();
    images.slow(Duration.ZERO);
    hold(demand(papers));
  }

  @Test
  void whoComesWhileATransferIsBeingGivenUpGetsAnother() throws Exception {
    SignedImage papers = images.publish(MIB, 1);
    CountDownLatch writing = new CountDownLatch(1);
    CountDownLatch stubborn = new CountDownLatch(1);
    ImageBytes slowToStop =
        (sources, manifest, partial, progress) -> {
          if (writing.getCount() == 0) {
            return images.fetch(sources, manifest, partial, progress);
          }
          writing.countDown();
          awaitUninterrupted(stubborn);
          throw new InterruptedIOException("stopped at last");
        };
    cache.close();
    cache =
        new ImageCache(
            folder.resolve("cache"),
            4 * MIB,
            slowToStop,
            images,
            new TestPapers(),
            FileVerity.NONE,
            trail,
            clock,
            meters);
    AtomicBoolean gone = new AtomicBoolean();
    ExecutorService two = Executors.newFixedThreadPool(2);
    Future<CachedImage> first =
        two.submit(() -> cache.hold(demand(papers), FetchProgress.SILENT, gone::get));
    writing.await();
    gone.set(true);
    assertThrows(ExecutionException.class, () -> first.get(60, TimeUnit.SECONDS));
    Future<CachedImage> second = two.submit(() -> hold(demand(papers)));
    assertThrows(TimeoutException.class, () -> second.get(300, TimeUnit.MILLISECONDS));
    stubborn.countDown();
    assertEquals(TestImages.digestOf(papers), second.get(60, TimeUnit.SECONDS).verified().digest());
    two.shutdown();
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    boolean waiting = true;
    while (waiting) {
      try {
        latch.await();
        waiting = false;
      } catch (InterruptedException e) {
        // It was told to stop, and is slow to.
        continue;
      }
    }
  }

  @Test
  void aTransferGivenUpBeforeItBeganCanBeAskedForAgain() throws Exception {
    images.slow(Duration.ofSeconds(300));
    ExecutorService crowd = Executors.newCachedThreadPool();
    AtomicBoolean gone = new AtomicBoolean();
    for (int seed = 11; seed < 15; seed++) {
      SignedImage slow = images.publish(1 << 16, seed);
      crowd.submit(() -> cache.hold(demand(slow), FetchProgress.SILENT, gone::get));
    }
    Thread.sleep(300);
    // All threads that transfer are taken: this one waits in the queue, and then nobody wants it.
    SignedImage papers = images.publish(MIB, 1);
    AtomicBoolean goneToo = new AtomicBoolean();
    Future<CachedImage> queued =
        crowd.submit(() -> cache.hold(demand(papers), FetchProgress.SILENT, goneToo::get));
    Thread.sleep(300);
    goneToo.set(true);
    assertThrows(Exception.class, () -> queued.get(60, TimeUnit.SECONDS));
    gone.set(true);
    images.slow(Duration.ZERO);
    Future<CachedImage> again = crowd.submit(() -> hold(demand(papers)));
    assertEquals(TestImages.digestOf(papers), again.get(60, TimeUnit.SECONDS).verified().digest());
    crowd.shutdown();
  }
}
