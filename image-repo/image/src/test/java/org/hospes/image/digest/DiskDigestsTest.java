package org.hospes.image.digest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.testimages.TestDisks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DiskDigestsTest {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({"1, 4096", "4096, 4096", "1048576, 65536", "3500001, 1048576", "5000000, 123457"})
  void agreesWithDigestsOfTheWholeInMemory(int bytes, int chunkBytes) throws Exception {
    byte[] content = new byte[bytes];
    new java.util.Random(bytes).nextBytes(content);
    Path file = Files.write(directory.resolve("file"), content);
    try (FileChannel channel = FileChannel.open(file)) {
      DiskDigests digests = DiskDigests.withoutCollisions(channel, chunkBytes);
      assertEquals(bytes, digests.bytes());
      assertEquals(Digest.sha256Of(content), digests.sha256());
      assertEquals(
          Digest.sha1(MessageDigest.getInstance("SHA-1").digest(content)),
          digests.sha1().orElseThrow());
      assertEquals((bytes - 1) / chunkBytes + 1, digests.chunks().size());
      for (int i = 0; i < digests.chunks().size(); i++) {
        byte[] chunk =
            Arrays.copyOfRange(content, i * chunkBytes, Math.min(bytes, (i + 1) * chunkBytes));
        assertEquals(Digest.sha256Of(chunk), digests.chunks().get(i));
      }
      assertEquals(digests, DiskDigests.withChunks(channel, chunkBytes));
      assertEquals(digests.sha1(), DiskDigests.both(channel).sha1());
      assertEquals(Optional.empty(), DiskDigests.sha256(channel).sha1());
    }
  }

  @Test
  void findsTheMarksOfTheShatteredAttack() throws Exception {
    Path file = Files.write(directory.resolve("file"), TestDisks.collidingWithAnother());
    try (FileChannel channel = FileChannel.open(file)) {
      ImageRefusedException refused =
          assertThrows(
              ImageRefusedException.class, () -> DiskDigests.withoutCollisions(channel, 1 << 20));
      assertEquals("image.sha1.collision", refused.code());
    }
  }
}
