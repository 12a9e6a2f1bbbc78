package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.hospes.node.libvirt.LibvirtSettings.XenKind;

/** Writes saved memories as Xen and libvirt do, and as nobody does. */
final class XenStreamBytes {
  static final int HEADER = 64;

  /** As Xen wrote them of a Linux that ran. */
  private static final byte[] PARAMS_OF_XEN_4_17 =
      params(
          1,
          0xfeffc,
          5,
          0xfeffd,
          6,
          0xfeffb,
          27,
          0xfeff8,
          28,
          0xfeff9,
          29,
          0xfeffa,
          17,
          0xfefff,
          12,
          0xfeffe000L);

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** A memory of two pages with one processor, as Xen writes it. */
  static byte[] whole(XenKind kind, String document) {
    return file(document, stream(kind).toBytes());
  }

  /** Behind libvirt's own header and a document. */
  static byte[] file(String document, byte[] stream) {
    byte[] text = document.getBytes(UTF_8);
    byte[] file =
        Arrays.copyOf(header(2, text.length + 1), HEADER + text.length + 1 + stream.length);
    System.arraycopy(text, 0, file, HEADER, text.length);
    System.arraycopy(stream, 0, file, HEADER + text.length + 1, stream.length);
    return file;
  }

  static byte[] header(int version, int length) {
    return ByteBuffer.allocate(HEADER)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put("libvirt-xml\n \0 \r".getBytes(ISO_8859_1))
        .putInt(version)
        .putInt(length)
        .array();
  }

  static XenStreamBytes stream(XenKind kind) {
    XenStreamBytes stream = begun(kind).record(17, new byte[48]).record(18, new byte[16]);
    return (kind == XenKind.PV ? ofPv(stream) : ofPvh(stream)).ended();
  }

  /** As far as the records of libxc. */
  static XenStreamBytes begun(XenKind kind) {
    return new XenStreamBytes()
        .big(0x4c69_6278_6c46_6d74L, 2, 0)
        .little(1, 0)
        .big(-1, 0x5845_4e46, 3)
        .big(0L)
        .little(kind == XenKind.PV ? 1 : 2, 12)
        .little(4, 17);
  }

  private static XenStreamBytes ofPv(XenStreamBytes stream) {
    return stream
        .record(2, new byte[] {8, 4, 0, 0, 0, 0, 0, 0})
        .record(16, new byte[0])
        .record(3, ints(0, 511, 7, 0))
        .record(1, pages(0, 1))
        .record(8, new byte[24])
        .record(7, new byte[4096])
        .record(4, vcpu(0, 5168))
        .record(5, vcpu(0, 128))
        .record(6, vcpu(0, 590))
        .record(12, vcpu(0, 16));
  }

  private static XenStreamBytes ofPvh(XenStreamBytes stream) {
    return stream
        .record(16, new byte[0])
        .record(1, pages(0, 1))
        .record(8, new byte[24])
        .record(9, new byte[4000])
        .record(10, PARAMS_OF_XEN_4_17);
  }

  /** One page of two has content. */
  static byte[] pages(long whole, long without) {
    return ByteBuffer.allocate(8 + 16 + 4096)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(2)
        .putInt(0)
        .putLong(whole)
        .putLong(without | 0xfL << 60)
        .array();
  }

  static byte[] vcpu(int number, int length) {
    return Arrays.copyOf(ints(number), 8 + length);
  }

  /** Numbers and values in turn. */
  static byte[] params(long... pairs) {
    ByteBuffer buffer =
        ByteBuffer.allocate(8 + pairs.length * 8)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(pairs.length / 2)
            .putInt(0);
    for (long each : pairs) {
      buffer.putLong(each);
    }
    return buffer.array();
  }

  static byte[] ints(int... numbers) {
    ByteBuffer buffer = ByteBuffer.allocate(numbers.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int number : numbers) {
      buffer.putInt(number);
    }
    return buffer.array();
  }

  XenStreamBytes record(int kind, byte[] body) {
    return told(kind, body.length, body);
  }

  /** With a length that is only told. */
  XenStreamBytes told(int kind, int length, byte[] body) {
    little(kind, length);
    return raw(Arrays.copyOf(body, (body.length + 7) / 8 * 8));
  }

  /** The ends of both streams. */
  XenStreamBytes ended() {
    return record(0, new byte[0]).record(0, new byte[0]);
  }

  XenStreamBytes little(int... numbers) {
    return raw(ints(numbers));
  }

  XenStreamBytes big(long first, int... more) {
    ByteBuffer buffer = ByteBuffer.allocate(8 + more.length * 4).putLong(first);
    for (int number : more) {
      buffer.putInt(number);
    }
    return raw(buffer.array());
  }

  XenStreamBytes raw(byte[] more) {
    bytes.writeBytes(more);
    return this;
  }

  byte[] toBytes() {
    return bytes.toByteArray();
  }
}
