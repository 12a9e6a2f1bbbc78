package org.hospes.node.imagecache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.verify.DigestRecords;
import org.hospes.image.verify.RecordedPairs;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordedPairsTest {
  private static final Digest SHA1 = Digest.parse("sha1:" + "0a".repeat(20));
  private static final Digest OTHER_SHA1 = Digest.parse("sha1:" + "0b".repeat(20));
  private static final Digest SHA256 = Digest.sha256Of(new byte[] {1});
  private static final Digest OTHER_SHA256 = Digest.sha256Of(new byte[] {2});

  @TempDir Path root;
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final List<String> told = new ArrayList<>();
  private Path folder;
  private RecordedPairs pairs;

  @BeforeEach
  void open() throws IOException {
    folder = root.resolve("cache/sha1");
    pairs = opened();
  }

  private RecordedPairs opened() throws IOException {
    return new RecordedPairs(
        new DigestRecords(folder, "sha1"),
        new CacheAlarm((event, facts) -> told.add(event + facts), meters)::collision);
  }

  private Path record() {
    return folder.resolve(SHA1.hex());
  }

  @Test
  void whatIsRememberedOutlivesTheAgent() throws Exception {
    assertEquals(Optional.empty(), pairs.sha256Of(SHA1));
    pairs.remember(SHA1, SHA256);
    pairs.remember(SHA1, SHA256);
    assertEquals(Optional.of(SHA256), opened().sha256Of(SHA1));
    assertEquals(Optional.empty(), opened().sha256Of(OTHER_SHA1));
  }

  @Test
  void nobodyElseReadsOrWritesIt() throws Exception {
    pairs.remember(SHA1, SHA256);
    assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)));
    assertEquals(
        "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(record())));
  }

  @Test
  void anyOtherByteMakesItNone() throws Exception {
    pairs.remember(SHA1, SHA256);
    byte[] good = Files.readAllBytes(record());
    for (int i = 0; i < good.length; i++) {
      byte[] bad = good.clone();
      bad[i] ^= 1;
      Files.write(record(), bad);
      assertEquals(Optional.empty(), pairs.sha256Of(SHA1), "byte " + i);
    }
    for (int length = 0; length < good.length; length++) {
      Files.write(record(), Arrays.copyOf(good, length));
      assertEquals(Optional.empty(), pairs.sha256Of(SHA1), "cut to " + length);
    }
    Files.write(record(), Arrays.copyOf(good, good.length + 1));
    assertEquals(Optional.empty(), pairs.sha256Of(SHA1), "one byte more");
    pairs.remember(SHA1, SHA256);
    assertEquals(Optional.of(SHA256), pairs.sha256Of(SHA1));
  }

  @Test
  void aRecordUnderAnotherNameIsNone() throws Exception {
    pairs.remember(SHA1, SHA256);
    Files.copy(record(), folder.resolve(OTHER_SHA1.hex()));
    assertEquals(Optional.empty(), pairs.sha256Of(OTHER_SHA1));
    pairs.remember(OTHER_SHA1, OTHER_SHA256);
    assertEquals(Optional.of(OTHER_SHA256), pairs.sha256Of(OTHER_SHA1));
  }

  @Test
  void aLinkIsNotFollowedAndNotWrittenThrough() throws Exception {
    pairs.remember(SHA1, SHA256);
    Path elsewhere = Files.move(record(), root.resolve("elsewhere"));
    byte[] before = Files.readAllBytes(elsewhere);
    Files.createSymbolicLink(record(), elsewhere);
    assertEquals(Optional.empty(), pairs.sha256Of(SHA1));
    pairs.remember(SHA1, OTHER_SHA256);
    assertEquals(Optional.of(OTHER_SHA256), pairs.sha256Of(SHA1));
    assertTrue(Arrays.equals(before, Files.readAllBytes(elsewhere)));
  }

  @Test
  void oneSha1HasOneSha256() throws Exception {
    pairs.remember(SHA1, SHA256);
    ImageRefusedException refused =
        assertThrows(ImageRefusedException.class, () -> pairs.remember(SHA1, OTHER_SHA256));
    assertEquals("image.digest.collision", refused.code());
    assertEquals(SHA256.toString(), refused.facts().get("expected"));
    assertEquals(OTHER_SHA256.toString(), refused.facts().get("found"));
    assertEquals(Optional.of(SHA256), pairs.sha256Of(SHA1));
    assertEquals(1.0, meters.counter("hospes_cache_collisions").count());
    assertEquals(1, told.size());
    assertTrue(told.get(0).startsWith("image.collision"), told::toString);
  }

  @Test
  void whatACrashLeftHalfWrittenIsGone() throws Exception {
    Files.writeString(folder.resolve(SHA1.hex() + ".new"), "sha1:0a");
    opened();
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(), left.toList());
    }
  }
}
