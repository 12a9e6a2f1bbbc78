package org.hospes.node.imagecache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Optional;
import org.hospes.image.Digest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The kernel's own, where it has one: Debian's have, with ext4 made by {@code -O verity}. */
@Tag("lab")
class KernelVerityLabTest extends FileVerityContract {
  private final KernelVerity verity = new KernelVerity();

  @Override
  FileVerity verity() {
    return verity;
  }

  @BeforeEach
  void offered() throws IOException {
    Path probe = Files.writeString(folder.resolve("probe"), "probe");
    assumeTrue(verity.enable(probe), "this kernel or file system has no fs-verity");
    Files.delete(probe);
  }

  @Test
  void nobodyWritesToASealedFile() throws Exception {
    Path file = Files.write(folder.resolve("image"), new byte[10_000]);
    verity.enable(file);
    assertThrows(IOException.class, () -> Files.write(file, new byte[1], StandardOpenOption.WRITE));
  }

  /** The digest is that of the documented descriptor, not merely of something. */
  @Test
  void theDigestOfAnEmptyFileIsTheOneDocumented() throws Exception {
    Path file = Files.write(folder.resolve("empty"), new byte[0]);
    verity.enable(file);
    byte[] descriptor = new byte[256];
    // version 1, SHA-256, blocks of 2^12 bytes; no salt, no bytes, root hash of zeroes.
    descriptor[0] = 1;
    descriptor[1] = 1;
    descriptor[2] = 12;
    assertEquals(Optional.of(Digest.sha256Of(descriptor).hex()), verity.measure(file));
    assertEquals(32, HexFormat.of().parseHex(verity.measure(file).orElseThrow()).length);
  }
}
