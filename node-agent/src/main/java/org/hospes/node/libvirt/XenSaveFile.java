package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;
import org.hospes.node.libvirt.LibvirtSettings.XenKind;

/**
 * A guest's memory as libvirt's Xen driver keeps it: a header (libxlSavefileHeader), the domain's
 * document, and the stream of Xen's own library.
 *
 * <p>Libvirt makes the domain of the document in the file, whatever else it is told. So of a file
 * that another node wrote, the document is thrown away, never read, and this node's own stands in
 * its place. The header is checked to the last bit, and the stream as far as {@link XenStream}
 * says.
 */
final class XenSaveFile {
  private static final byte[] MAGIC = "libvirt-xml\n \0 \r".getBytes(ISO_8859_1);

  /** That the stream is of libxl's second format; the only one of this Xen. */
  private static final int VERSION = 2;

  private static final int HEADER = 64;
  private static final int USED = 24;

  /** A document has a few thousand bytes. */
  private static final int LONGEST = 1 << 20;

  private XenSaveFile() {}

  /**
   * Puts this document in the place of the one in the file.
   *
   * @param memoryBytes what the guest has
   * @return whether the file was changed; it is synced then
   * @throws ForeignMemoryException when it is no memory that such a guest can have left
   */
  static boolean adopt(Path file, XenKind kind, int cpus, long memoryBytes, String document)
      throws IOException {
    byte[] own = Arrays.copyOf(document.getBytes(UTF_8), document.getBytes(UTF_8).length + 1);
    int there;
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      there = documentLength(channel);
      new XenStream(kind, cpus, memoryBytes).check(channel, HEADER + there);
      if (own.length <= there) {
        // Libvirt's own documents say more of a domain than these; it reads them up to the first
        // zero.
        return replace(channel, Arrays.copyOf(own, there));
      }
    }
    lengthen(file, there, own);
    return true;
  }

  /**
   * Makes the file anew, the agent's alone, with what stands before the stream.
   *
   * @param document of the domain, as libvirt has it
   */
  static void begin(Path file, String document) throws IOException {
    byte[] bytes = document.getBytes(UTF_8);
    Files.deleteIfExists(file);
    try (FileChannel channel = create(file)) {
      write(channel, 0, header(bytes.length + 1));
      write(channel, HEADER, ByteBuffer.wrap(Arrays.copyOf(bytes, bytes.length + 1)));
    }
  }

  /** Whether the file was written to its end. What is in it is not looked at. */
  static boolean whole(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      return XenStream.ends(channel, HEADER + documentLength(channel));
    } catch (ForeignMemoryException e) {
      return false;
    }
  }

  private static FileChannel create(Path file) throws IOException {
    return FileChannel.open(
        file,
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }

  /** The length that the header tells, if the header is one. */
  private static int documentLength(FileChannel channel) throws IOException {
    ByteBuffer header = read(channel, 0, HEADER).order(ByteOrder.LITTLE_ENDIAN);
    byte[] magic = new byte[MAGIC.length];
    header.get(magic);
    if (!Arrays.equals(magic, MAGIC)) {
      throw new ForeignMemoryException("the mark of libvirt's Xen driver", "another");
    }
    int version = header.getInt();
    if (version != VERSION) {
      throw new ForeignMemoryException("version " + VERSION, Integer.toUnsignedString(version));
    }
    int length = header.getInt();
    if (length <= 0 || length > LONGEST) {
      throw new ForeignMemoryException(
          "a document of 1 to " + LONGEST + " bytes", Integer.toUnsignedString(length));
    }
    while (header.hasRemaining()) {
      if (header.get() != 0) {
        throw new ForeignMemoryException("zeros after the header's " + USED + " bytes", "others");
      }
    }
    return length;
  }

  private static boolean replace(FileChannel channel, byte[] document) throws IOException {
    if (Arrays.equals(read(channel, HEADER, document.length).array(), document)) {
      return false;
    }
    write(channel, HEADER, ByteBuffer.wrap(document));
    channel.force(true);
    return true;
  }

  /** Written beside it, and put in its place once all is there. */
  private static void lengthen(Path file, int there, byte[] document) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".own");
    Files.deleteIfExists(next);
    try (FileChannel from = FileChannel.open(file, StandardOpenOption.READ);
        FileChannel to = create(next)) {
      write(to, 0, header(document.length));
      write(to, HEADER, ByteBuffer.wrap(document));
      to.position(HEADER + document.length);
      long at = HEADER + there;
      while (at < from.size()) {
        at += from.transferTo(at, from.size() - at, to);
      }
      to.force(true);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static ByteBuffer header(int length) {
    return ByteBuffer.allocate(HEADER)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(MAGIC)
        .putInt(VERSION)
        .putInt(length)
        .position(0);
  }

  private static void write(FileChannel channel, long position, ByteBuffer bytes)
      throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }

  /** So many bytes from there; all of them. */
  static ByteBuffer read(FileChannel channel, long position, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, position + bytes.position()) < 0) {
        throw new ForeignMemoryException(
            length + " bytes at " + position, (channel.size() - position) + " until its end");
      }
    }
    return bytes.flip();
  }
}
