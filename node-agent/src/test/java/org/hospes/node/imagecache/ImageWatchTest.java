package org.hospes.node.imagecache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignedImage;
import org.hospes.image.Statement;
import org.hospes.image.fetch.FetchProgress;
import org.hospes.image.policy.Audience;
import org.hospes.trust.path.DistinguishedName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a cached image when nobody's papers speak for it any more. */
class ImageWatchTest {
  private static final int MIB = 1 << 20;
  private static final String CAROL = "/DC=org/DC=hospes/CN=Carol Builder";
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

  @TempDir Path folder;

  private final List<String> told = new CopyOnWriteArrayList<>();
  private Clock clock = Clock.fixed(NOW, ZoneOffset.UTC);
  private TestImages images;
  private ImageCache cache;
  private SignedImage papers;
  private Digest digest;
  private int trust;

  @BeforeEach
  void open() throws IOException {
    images = new TestImages(Files.createDirectories(folder.resolve("repository")), clock);
    papers = images.publish(MIB, 1);
    digest = TestImages.digestOf(papers);
    start();
  }

  @AfterEach
  void close() {
    cache.close();
  }

  private void start() throws IOException {
    cache =
        new ImageCache(
            folder.resolve("cache"),
            4 * MIB,
            images,
            images,
            new TestPapers(),
            FileVerity.NONE,
            (event, facts) -> told.add(event + facts),
            clock,
            new SimpleMeterRegistry());
  }

  private UUID hold(SignedImage these) throws Exception {
    ImageDemand demand =
        new ImageDemand(
            UUID.randomUUID(),
            TestImages.digestOf(these),
            these,
            List.of(URI.create("https://repository.test/x")),
            Audience.caller(new DistinguishedName("/CN=Alice"), "demo"));
    cache.hold(demand, FetchProgress.SILENT, () -> false);
    return demand.holder();
  }

  private void changeTrust() throws IOException {
    cache.look("trust " + ++trust);
  }

  private void revoke() throws IOException {
    images.withdraw(TestImages.BOB, "path.revoked");
    changeTrust();
  }

  private Path whole() {
    return folder.resolve("cache/sha256").resolve(digest.hex());
  }

  private Path apart() {
    return folder.resolve("cache/quarantine").resolve(digest.hex());
  }

  private Path reason() {
    return folder.resolve("cache/quarantine").resolve(digest.hex() + ".reason");
  }

  private long count(String event) {
    return told.stream().filter(line -> line.startsWith(event + "{")).count();
  }

  private void assertApart() {
    assertEquals(List.of(digest), cache.quarantined());
    assertEquals(List.of(), cache.contents());
    assertFalse(Files.exists(whole()));
    assertTrue(Files.exists(apart()));
  }

  @Test
  void anIdleImageOfARevokedSignerIsSetApartAtOnceAndForThirtyDays() throws Exception {
    cache.release(hold(papers));
    changeTrust();
    assertEquals(List.of(digest), cache.contents());
    revoke();
    assertApart();
    assertEquals(1, count("image.quarantined"), told::toString);
    assertTrue(told.get(told.size() - 1).contains("withdrawn: path.revoked"), told::toString);
    assertThrows(ImageRefusedException.class, () -> hold(papers));
    changeTrust();
    cache.close();
    start();
    assertApart();
    changeTrust();
    assertApart();
    assertEquals(1, count("image.quarantined"), told::toString);

    clock = Clock.fixed(NOW.plus(Duration.ofDays(30)), ZoneOffset.UTC);
    cache.close();
    start();
    changeTrust();
    assertApart();
    clock = Clock.fixed(NOW.plus(Duration.ofDays(30)).plusSeconds(1), ZoneOffset.UTC);
    cache.close();
    start();
    changeTrust();
    assertEquals(List.of(), cache.quarantined());
    try (var all = Files.walk(folder.resolve("cache"))) {
      assertEquals(List.of(), all.filter(Files::isRegularFile).toList());
    }
  }

  @Test
  void anImageInUseIsMarkedAtOnceAndMovedWhenItIsLetGo() throws Exception {
    UUID first = hold(papers);
    UUID second = hold(papers);
    revoke();
    assertEquals(List.of(digest), cache.quarantined());
    assertEquals(List.of(), cache.contents());
    assertTrue(Files.exists(whole()));
    assertThrows(ImageRefusedException.class, () -> hold(papers));
    assertTrue(told.stream().anyMatch(line -> line.contains(second.toString())), told::toString);
    cache.release(first);
    changeTrust();
    assertTrue(Files.exists(whole()));
    // An agent that starts anew, and has its guests from the journal.
    cache.close();
    start();
    cache.adopt(second, digest);
    changeTrust();
    assertTrue(Files.exists(whole()));
    assertEquals(List.of(digest), cache.quarantined());
    cache.release(second);
    cache.look("trust " + trust);
    assertApart();
  }

  @Test
  void otherPapersThatHoldKeepIt() throws Exception {
    SignedImage carols = images.publish(MIB, 1, CAROL);
    assertEquals(digest, TestImages.digestOf(carols));
    cache.release(hold(papers));
    cache.release(hold(carols));
    revoke();
    assertEquals(List.of(digest), cache.contents());
    assertThrows(ImageRefusedException.class, () -> hold(papers));
    images.withdraw(CAROL, "path.ca.unknown");
    changeTrust();
    assertApart();
    // Whoever signs it anew needs no second transfer: the bytes are hashed as ever.
    cache.release(hold(images.publish(MIB, 1, "/DC=org/DC=hospes/CN=Dan Builder")));
    assertEquals(List.of(digest), cache.contents());
    assertEquals(List.of(), cache.quarantined());
    assertEquals(1, images.fetches(digest));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "path.expired",
        "path.ca.unreadable",
        "path.crl.expired",
        "path.crl.missing",
        "path.other"
      })
  void whatNobodyDecidedSetsNothingApart(String problem) throws Exception {
    cache.release(hold(papers));
    images.withdraw(TestImages.BOB, problem);
    changeTrust();
    assertEquals(List.of(digest), cache.contents());
    assertThrows(ImageRefusedException.class, () -> hold(papers));
    revoke();
    assertApart();
    // The revocation is not forgotten because the CRL ends besides.
    images.withdraw(TestImages.BOB, problem);
    changeTrust();
    assertApart();
  }

  @Test
  void aMistakeOfTheOperatorIsTakenBackWithoutATransfer() throws Exception {
    cache.release(hold(papers));
    revoke();
    images.reinstate(TestImages.BOB);
    changeTrust();
    assertEquals(List.of(digest), cache.contents());
    assertEquals(List.of(), cache.quarantined());
    cache.release(hold(papers));
    assertEquals(1, images.fetches(digest));
    assertEquals(1, count("image.unquarantined"));
  }

  @Test
  void whatWasRevokedWhileTheAgentWasDownIsSeenByTheFirstLook() throws Exception {
    cache.release(hold(papers));
    changeTrust();
    cache.close();
    images.withdraw(TestImages.BOB, "path.revoked");
    start();
    changeTrust();
    assertApart();
  }

  @Test
  void whatAServiceSaysOfItsFirstSightCrowdsNobodyOut() throws Exception {
    cache.release(hold(images.publish(MIB, 1, CAROL)));
    for (byte word = 0; word < 70; word++) {
      Statement sight = new Statement(new byte[] {word}, new byte[] {word});
      cache.release(hold(papers.withSight(Optional.of(sight))));
    }
    try (var kept = Files.list(folder.resolve("cache/papers").resolve(digest.hex()))) {
      assertEquals(2, kept.count());
    }
    revoke();
    assertEquals(List.of(digest), cache.contents());
  }

  @Test
  void damagedPapersDoNotCondemn() throws Exception {
    cache.release(hold(papers));
    Path kept = folder.resolve("cache/papers").resolve(digest.hex()).resolve("1.json");
    Files.write(kept, new byte[] {'{'});
    revoke();
    assertEquals(List.of(digest), cache.contents());
  }

  @Test
  void quarantineCountsAgainstTheRoom() throws Exception {
    cache.release(hold(papers));
    revoke();
    SignedImage large = images.publish(3 * MIB, 2, CAROL);
    cache.release(hold(large));
    SignedImage larger = images.publish(4 * MIB, 3, CAROL);
    CacheException full = assertThrows(CacheException.class, () -> hold(larger));
    assertEquals(CacheException.Kind.FULL, full.kind());
    assertTrue(full.getMessage().contains("quarantine"), full::getMessage);
  }

  /** Where an agent may have been killed, by what it left. */
  enum Killed {
    WRITING_THE_REASON,
    BEFORE_THE_MOVE,
    BEFORE_THE_MARK_OF_USE_WENT,
    WRITING_PAPERS,
    PAPERS_WITHOUT_THEIR_IMAGE,
    DELETING_WHAT_IS_OLD,
    AN_IMAGE_WITHOUT_ITS_REASON
  }

  @ParameterizedTest
  @EnumSource(Killed.class)
  void whatWasCutOffIsFinishedByTheNextLook(Killed killed) throws Exception {
    cache.release(hold(papers));
    Path used = folder.resolve("cache/used").resolve(digest.hex());
    Path kept = folder.resolve("cache/papers").resolve(digest.hex());
    boolean gone = false;
    if (killed == Killed.WRITING_THE_REASON) {
      images.withdraw(TestImages.BOB, "path.revoked");
      cache.close();
      Files.write(reason().resolveSibling(reason().getFileName() + ".new"), new byte[3]);
    } else if (killed == Killed.WRITING_PAPERS) {
      images.withdraw(TestImages.BOB, "path.revoked");
      cache.close();
      Files.write(kept.resolve("2.json.new"), new byte[3]);
    } else {
      revoke();
      cache.close();
      switch (killed) {
        case BEFORE_THE_MOVE -> Files.move(apart(), whole());
        case BEFORE_THE_MARK_OF_USE_WENT -> Files.write(used, new byte[0]);
        case PAPERS_WITHOUT_THEIR_IMAGE -> {
          Files.delete(apart());
          Files.delete(reason());
          gone = true;
        }
        case DELETING_WHAT_IS_OLD -> {
          Files.delete(apart());
          clock = Clock.fixed(NOW.plus(Duration.ofDays(31)), ZoneOffset.UTC);
          gone = true;
        }
        case AN_IMAGE_WITHOUT_ITS_REASON -> {
          Files.delete(reason());
          gone = true;
        }
        default -> throw new IllegalStateException(killed.name());
      }
    }
    start();
    changeTrust();
    if (gone) {
      assertEquals(List.of(), cache.quarantined());
      assertEquals(List.of(), cache.contents());
      assertFalse(Files.exists(apart()));
    } else {
      assertApart();
    }
    // And whoever signs it anew has it.
    UUID holder = hold(images.publish(MIB, 1, CAROL));
    assertEquals(List.of(digest), cache.contents());
    cache.release(holder);
    cache.look("trust " + trust);
    assertEquals(List.of(digest), cache.contents());
  }

  @Test
  void killedWhileItCameBackItIsThere() throws Exception {
    cache.release(hold(papers));
    revoke();
    images.reinstate(TestImages.BOB);
    cache.close();
    Files.move(apart(), whole());
    start();
    changeTrust();
    assertEquals(List.of(digest), cache.contents());
    assertFalse(Files.exists(reason()));
  }

  @Test
  void guestsComeAndGoWhileTrustChanges() throws Exception {
    ExecutorService crowd = Executors.newFixedThreadPool(4);
    List<Future<Integer>> all = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      all.add(
          crowd.submit(
              () -> {
                int held = 0;
                for (int round = 0; round < 60; round++) {
                  try {
                    cache.release(hold(papers));
                    held++;
                  } catch (ImageRefusedException e) {
                    assertEquals("image.signer.path", e.code());
                  }
                }
                return held;
              }));
    }
    for (int round = 0; all.stream().anyMatch(one -> !one.isDone()); round++) {
      if (round % 2 == 0) {
        images.withdraw(TestImages.BOB, "path.revoked");
      } else {
        images.reinstate(TestImages.BOB);
      }
      changeTrust();
    }
    for (Future<Integer> one : all) {
      one.get(60, TimeUnit.SECONDS);
    }
    crowd.shutdown();
    images.reinstate(TestImages.BOB);
    cache.release(hold(papers));
    revoke();
    assertApart();
  }
}
