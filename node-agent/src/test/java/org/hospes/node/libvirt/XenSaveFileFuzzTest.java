package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hospes.node.libvirt.XenStreamBytes.HEADER;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.hospes.node.libvirt.LibvirtSettings.XenKind;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

/** A memory that another node wrote is refused untouched, or keeps its stream and no document. */
class XenSaveFileFuzzTest {
  private static final String OWN = "<domain type='xen'><name>own</name></domain>";
  private static final String THEIRS = "<domain type='xen'><source file='/etc/shadow'/></domain>";

  @TempDir static Path folder;

  static Stream<byte[]> memories() {
    return Stream.of(XenKind.values())
        .flatMap(kind -> Stream.of(THEIRS, "<a/>").map(document -> memory(kind, document)));
  }

  /** Which kind of guest, then the file. */
  private static byte[] memory(XenKind kind, String document) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(kind.ordinal());
    bytes.writeBytes(XenStreamBytes.whole(kind, document));
    return bytes.toByteArray();
  }

  @MethodSource("memories")
  @FuzzTest(maxDuration = "60s")
  void noDocumentOfTheirsIsLeft(byte[] kindAndFile) throws Exception {
    if (kindAndFile.length == 0) {
      return;
    }
    XenKind kind = XenKind.values()[(kindAndFile[0] & 0xff) % XenKind.values().length];
    byte[] theirs = Arrays.copyOfRange(kindAndFile, 1, kindAndFile.length);
    Path file = Files.write(folder.resolve("memory"), theirs);
    try {
      boolean unused = XenSaveFile.adopt(file, kind, 1, 256L << 20, OWN);
    } catch (ForeignMemoryException refused) {
      assertArrayEquals(theirs, Files.readAllBytes(file));
      return;
    }
    byte[] adopted = Files.readAllBytes(file);
    String document = new String(adopted, HEADER, length(adopted), UTF_8);
    assertEquals(OWN, document.substring(0, document.indexOf('\0')));
    assertEquals("", document.substring(OWN.length()).replace("\0", ""));
    assertArrayEquals(stream(theirs), stream(adopted));
    assertFalse(XenSaveFile.adopt(file, kind, 1, 256L << 20, OWN), "it is as this node has it");
    try (Stream<Path> all = Files.list(folder)) {
      assertEquals(1, all.count(), "something lies beside it");
    }
  }

  private static int length(byte[] file) {
    return ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(20);
  }

  private static byte[] stream(byte[] file) {
    return Arrays.copyOfRange(file, HEADER + length(file), file.length);
  }
}
