package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hospes.node.libvirt.XenStreamBytes.HEADER;
import static org.hospes.node.libvirt.XenStreamBytes.begun;
import static org.hospes.node.libvirt.XenStreamBytes.file;
import static org.hospes.node.libvirt.XenStreamBytes.header;
import static org.hospes.node.libvirt.XenStreamBytes.ints;
import static org.hospes.node.libvirt.XenStreamBytes.pages;
import static org.hospes.node.libvirt.XenStreamBytes.params;
import static org.hospes.node.libvirt.XenStreamBytes.vcpu;
import static org.hospes.node.libvirt.XenStreamBytes.whole;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.hospes.node.libvirt.LibvirtSettings.XenKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class XenSaveFileTest {
  private static final String THEIRS =
      "<domain type='xen'><devices><disk><source file='/etc/shadow'/></disk></devices></domain>";
  private static final String OWN = "<domain type='xen'><name>own</name></domain>";
  private static final long MEMORY = 256L << 20;

  @TempDir Path folder;

  private Path written(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("memory"), bytes);
  }

  private static boolean adopt(Path file, XenKind kind, String document) throws IOException {
    return XenSaveFile.adopt(file, kind, 1, MEMORY, document);
  }

  private static int documentLength(byte[] file) {
    return java.nio.ByteBuffer.wrap(file).order(java.nio.ByteOrder.LITTLE_ENDIAN).getInt(20);
  }

  /** What libvirt would make the domain of. */
  private static String document(byte[] file) {
    String text = new String(file, HEADER, documentLength(file), UTF_8);
    return text.substring(0, text.indexOf('\0'));
  }

  private static byte[] stream(byte[] file) {
    return Arrays.copyOfRange(file, HEADER + documentLength(file), file.length);
  }

  @ParameterizedTest
  @EnumSource(XenKind.class)
  void theDocumentIsReplacedAndTheMemoryStays(XenKind kind) throws Exception {
    byte[] before = whole(kind, THEIRS);
    Path file = written(before);
    assertTrue(adopt(file, kind, OWN));
    byte[] after = Files.readAllBytes(file);
    assertEquals(OWN, document(after));
    assertArrayEquals(stream(before), stream(after));
    assertFalse(new String(after, UTF_8).contains("shadow"), "nothing of theirs is left");
    assertFalse(adopt(file, kind, OWN), "the same again changes nothing");
  }

  @Test
  void aLongerDocumentHasItsRoom() throws Exception {
    byte[] before = whole(XenKind.PV, "<domain/>");
    Path file = written(before);
    assertTrue(adopt(file, XenKind.PV, THEIRS));
    byte[] after = Files.readAllBytes(file);
    assertEquals(THEIRS, document(after));
    assertArrayEquals(stream(before), stream(after));
    try (Stream<Path> all = Files.list(folder)) {
      assertEquals(List.of(file), all.toList(), "and nothing lies beside it");
    }
  }

  static Stream<Arguments> headers() {
    byte[] longUnused = header(2, 10);
    longUnused[60] = 1;
    byte[] mark = header(2, 10);
    mark[13] = 1;
    return Stream.of(
        arguments("another mark", mark),
        arguments("an older version", header(1, 10)),
        arguments("a newer version", header(3, 10)),
        arguments("a version below zero", header(-1, 10)),
        arguments("no document", header(2, 0)),
        arguments("a document of less than nothing", header(2, -1)),
        arguments("an endless document", header(2, Integer.MAX_VALUE)),
        arguments("a document longer than the file", header(2, 1 << 20)),
        arguments("unused fields that are used", longUnused));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("headers")
  void aHeaderThatIsNotLibvirtsIsRefused(String what, byte[] header) throws Exception {
    byte[] bytes = whole(XenKind.PV, "<domain/>");
    System.arraycopy(header, 0, bytes, 0, HEADER);
    refused(bytes, XenKind.PV);
  }

  private void refused(byte[] bytes, XenKind kind) throws IOException {
    Path file = written(bytes);
    ForeignMemoryException why =
        assertThrows(ForeignMemoryException.class, () -> adopt(file, kind, OWN));
    assertTrue(why.getMessage().matches("expected .+, found .+"), why.getMessage());
    assertArrayEquals(bytes, Files.readAllBytes(file), "it is not touched");
  }

  static Stream<Arguments> streams() {
    XenKind pv = XenKind.PV;
    XenKind pvh = XenKind.PVH;
    byte[] whole = XenStreamBytes.stream(pv).toBytes();
    byte[] options = whole.clone();
    options[15] = 1;
    byte[] version = whole.clone();
    version[11] = 3;
    byte[] libxc = whole.clone();
    libxc[24 + 15] = 2;
    byte[] wide = whole.clone();
    wide[48 + 4] = 21;
    byte[] reserved = pages(0, 1);
    reserved[8 + 7] = 0x01;
    byte[] padded = begun(pv).told(17, 1, new byte[] {1, 1}).ended().toBytes();
    return Stream.of(
        arguments("nothing", pv, new byte[0]),
        arguments("options of libxl", pv, options),
        arguments("a newer libxl", pv, version),
        arguments("an older libxc", pv, libxc),
        arguments("pages of 2 MiB", pv, wide),
        arguments("a guest of the other kind", pvh, whole),
        arguments("something behind the end", pv, Arrays.copyOf(whole, whole.length + 1)),
        arguments("an emulator's keys", pv, after(pv, 2, new byte[16])),
        arguments("an emulator's state", pv, after(pv, 3, new byte[16])),
        arguments("a checkpoint of libxl", pv, after(pv, 4, new byte[0])),
        arguments("a second memory", pv, after(pv, 1, new byte[0])),
        arguments("an optional record of libxl", pv, after(pv, 1 << 31, new byte[0])),
        arguments("an end that goes on", pv, cut(whole, 4, ints(8), new byte[8])),
        arguments("the old tools' record", pv, with(pv, 11, new byte[8])),
        arguments("records to be verified", pv, with(pv, 13, new byte[0])),
        arguments("a checkpoint", pv, with(pv, 14, new byte[0])),
        arguments("dirty pages", pv, with(pv, 15, new byte[8])),
        arguments("a record of tomorrow", pv, with(pv, 19, new byte[8])),
        arguments("an optional record", pv, with(pv, 1 << 31, new byte[8])),
        arguments("a PVH guest's devices", pv, with(pv, 9, new byte[8])),
        arguments("a PVH guest's parameters", pv, with(pv, 10, params(1, 1))),
        arguments("a PV guest's processor", pvh, with(pvh, 4, vcpu(0, 8))),
        arguments("a PV guest's shared page", pvh, with(pvh, 7, new byte[4096])),
        arguments("a second processor", pv, with(pv, 4, vcpu(1, 5168))),
        arguments("a processor below zero", pv, with(pv, 6, vcpu(-1, 600))),
        arguments("an endless processor", pv, with(pv, 6, vcpu(0, 1 << 16))),
        arguments("half a processor", pv, with(pv, 12, new byte[4])),
        arguments("a page that the guest has not", pv, with(pv, 1, pages(1L << 32, 1))),
        arguments("the last of all pages", pvh, with(pvh, 1, pages((1L << 52) - 1, 1))),
        arguments(
            "reserved bits of a page",
            pv,
            with(pv, 1, cut(reserved, reserved.length, new byte[0]))),
        arguments("no pages", pv, with(pv, 1, new byte[16])),
        arguments("a page too few", pv, with(pv, 1, Arrays.copyOf(pages(0, 1), 4096))),
        arguments("pages by the million", pv, with(pv, 1, Arrays.copyOf(ints(1 << 30), 4120))),
        arguments("frames up to the end of the world", pv, with(pv, 3, ints(0, -1, 7, 0))),
        arguments("frames backwards", pv, with(pv, 3, ints(600, 511, 7, 0))),
        arguments("a frame too many", pv, with(pv, 3, ints(0, 511, 7, 0, 7, 0))),
        arguments("half a shared page", pv, with(pv, 7, new byte[2048])),
        arguments("a clock too long", pv, with(pv, 8, new byte[32])),
        arguments("an endless policy", pv, with(pv, 17, new byte[(1 << 16) + 8])),
        arguments("no devices", pvh, with(pvh, 9, new byte[0])),
        arguments("a parameter that is Xen's own", pvh, with(pvh, 10, params(35, 1))),
        arguments("a parameter far away", pvh, with(pvh, 10, params(1, 1L << 40))),
        arguments("parameters that are not there", pvh, with(pvh, 10, ints(2, 0, 1, 0, 1, 0))),
        arguments("padding that is none", pv, padded),
        arguments(
            "a length that wraps around",
            pv,
            begun(pv).told(17, -1, new byte[8]).ended().toBytes()));
  }

  /** A stream with one record more, at its place. */
  private static byte[] with(XenKind kind, int record, byte[] body) {
    byte[] whole = XenStreamBytes.stream(kind).toBytes();
    return cut(whole, 16, new XenStreamBytes().record(record, body).ended().toBytes());
  }

  /** A stream with one record of libxl more. */
  private static byte[] after(XenKind kind, int record, byte[] body) {
    byte[] whole = XenStreamBytes.stream(kind).toBytes();
    return cut(
        whole, 8, new XenStreamBytes().record(record, body).record(0, new byte[0]).toBytes());
  }

  /** Without its last bytes, and with these. */
  private static byte[] cut(byte[] whole, int last, byte[]... more) {
    XenStreamBytes bytes = new XenStreamBytes();
    bytes.raw(Arrays.copyOf(whole, whole.length - (last == whole.length ? 0 : last)));
    for (byte[] each : more) {
      bytes.raw(each);
    }
    return bytes.toBytes();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("streams")
  void aStreamThatSuchAGuestCannotHaveIsRefused(String what, XenKind kind, byte[] stream)
      throws Exception {
    refused(file(THEIRS, stream), kind);
  }

  @ParameterizedTest
  @EnumSource(XenKind.class)
  void whatIsCutOffAnywhereIsRefused(XenKind kind) throws Exception {
    byte[] bytes = whole(kind, THEIRS);
    for (int length = 0; length < bytes.length; length += length < 400 ? 1 : 97) {
      refused(Arrays.copyOf(bytes, length), kind);
    }
  }

  /** Whatever is done to it, it is refused as a stranger's or its document is this node's. */
  @ParameterizedTest
  @EnumSource(XenKind.class)
  void noByteThatIsChangedKeepsTheDocument(XenKind kind) throws Exception {
    byte[] bytes = whole(kind, THEIRS);
    Random random = new Random(4711);
    for (int round = 0; round < 600; round++) {
      byte[] changed = bytes.clone();
      for (int i = random.nextInt(3); i >= 0; i--) {
        changed[random.nextInt(round % 2 == 0 ? 400 : changed.length)] = (byte) random.nextInt();
      }
      Path file = written(changed);
      try {
        boolean unused = adopt(file, kind, OWN);
        assertEquals(OWN, document(Files.readAllBytes(file)));
      } catch (ForeignMemoryException refused) {
        assertArrayEquals(changed, Files.readAllBytes(file));
      }
    }
  }
}
