package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.hospes.node.hypervisor.ConsoleOutput;

/**
 * A console's log as virtlogd keeps it: the file itself, and when that is full {@code .0}, {@code
 * .1}, ... from young to old, the oldest deleted. Positions count from the guest's first byte, so
 * what was deleted must be counted too: beside the log stands a small file that names one piece of
 * the log (by inode and first bytes) with its position. It is written anew only when the log was
 * turned over. If the log was turned over so often since the last look that the named piece is
 * gone, positions go on behind it, and how much was missed is not known to the byte.
 */
final class ConsoleLog {
  static final int MOST_BYTES = 1 << 20;
  private static final int MOST_PIECES = 64;
  private static final int HEAD = 256;
  private static final int TRIES = 5;

  private final Path log;
  private final Path anchorFile;

  ConsoleLog(Path log) {
    this.log = log;
    this.anchorFile = log.resolveSibling(log.getFileName() + ".position");
  }

  private record Anchor(long inode, String head, long start) {
    boolean names(Piece piece) {
      int length = head.length() / 2;
      return inode == piece.inode
          && piece.head.length >= length
          && head.equals(HexFormat.of().formatHex(piece.head, 0, length));
    }
  }

  private record Piece(FileChannel channel, long inode, long size, byte[] head) {}

  /** Reads from a position; see {@link org.hospes.node.hypervisor.Hypervisor#readConsole}. */
  synchronized ConsoleOutput read(long offset, int maxBytes) throws IOException {
    if (offset < 0 || maxBytes < 1) {
      throw new IllegalArgumentException("console position " + offset + ", " + maxBytes + " bytes");
    }
    List<Piece> pieces = openPieces();
    try {
      long start = startOf(pieces);
      for (Piece piece : pieces) {
        if (offset < start + piece.size) {
          long from = Math.max(offset, start);
          return new ConsoleOutput(from, bytes(pieces, piece, from - start, maxBytes));
        }
        start += piece.size;
      }
      return new ConsoleOutput(Math.min(offset, start), new byte[0]);
    } finally {
      for (Piece piece : pieces) {
        piece.channel.close();
      }
    }
  }

  private static byte[] bytes(List<Piece> pieces, Piece first, long skip, int maxBytes)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Math.min(maxBytes, MOST_BYTES));
    long position = skip;
    for (Piece piece : pieces.subList(pieces.indexOf(first), pieces.size())) {
      while (bytes.hasRemaining() && position < piece.size) {
        int room = (int) Math.min(bytes.remaining(), piece.size - position);
        ByteBuffer slice = bytes.slice(bytes.position(), room);
        int read = piece.channel.read(slice, position);
        if (read <= 0) {
          return Arrays.copyOf(bytes.array(), bytes.position());
        }
        bytes.position(bytes.position() + read);
        position += read;
      }
      position = 0;
    }
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  /** Oldest first. Looked at again when the log was turned over meanwhile. */
  private List<Piece> openPieces() throws IOException {
    for (int attempt = 1; ; attempt++) {
      List<Piece> pieces = new ArrayList<>();
      for (int i = MOST_PIECES - 1; i >= 0; i--) {
        open(log.resolveSibling(log.getFileName() + "." + i)).ifPresent(pieces::add);
      }
      Optional<Piece> newest = open(log);
      newest.ifPresent(pieces::add);
      if (attempt == TRIES || newest.map(Piece::inode).equals(inode(log))) {
        return pieces;
      }
      for (Piece piece : pieces) {
        piece.channel.close();
      }
    }
  }

  private static Optional<Piece> open(Path path) throws IOException {
    FileChannel channel;
    long inode;
    try {
      channel = FileChannel.open(path, StandardOpenOption.READ);
      inode = inode(path).orElse(0L);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    ByteBuffer head = ByteBuffer.allocate(HEAD);
    int read = channel.read(head, 0);
    return Optional.of(
        new Piece(channel, inode, channel.size(), Arrays.copyOf(head.array(), Math.max(read, 0))));
  }

  private static Optional<Long> inode(Path path) throws IOException {
    try {
      return Optional.of(((Number) Files.getAttribute(path, "unix:ino")).longValue());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Position of the oldest piece's first byte. */
  private long startOf(List<Piece> pieces) throws IOException {
    Optional<Anchor> anchor = readAnchor();
    long before = 0;
    long largest = 0;
    long start = 0;
    boolean found = anchor.isEmpty();
    for (Piece piece : pieces) {
      if (anchor.isPresent() && !found && anchor.get().names(piece)) {
        start = Math.max(0, anchor.get().start - before);
        found = true;
      }
      before += piece.size;
      largest = Math.max(largest, piece.size);
    }
    if (!found) {
      start = anchor.get().start + largest;
    }
    remember(pieces, start, anchor);
    return start;
  }

  private void remember(List<Piece> pieces, long start, Optional<Anchor> anchor)
      throws IOException {
    if (pieces.isEmpty()) {
      return;
    }
    Piece newest = pieces.get(pieces.size() - 1);
    if (newest.size == 0 || anchor.filter(known -> known.names(newest)).isPresent()) {
      return;
    }
    long position = start;
    for (Piece piece : pieces.subList(0, pieces.size() - 1)) {
      position += piece.size;
    }
    String line =
        newest.inode + " " + position + " " + HexFormat.of().formatHex(newest.head) + "\n";
    Path fresh = anchorFile.resolveSibling(anchorFile.getFileName() + ".new");
    Files.writeString(fresh, line);
    Files.move(fresh, anchorFile, StandardCopyOption.ATOMIC_MOVE);
  }

  private Optional<Anchor> readAnchor() throws IOException {
    try {
      String[] fields = new String(Files.readAllBytes(anchorFile), UTF_8).strip().split(" ");
      return Optional.of(
          new Anchor(Long.parseLong(fields[0]), fields[2], Long.parseLong(fields[1])));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw new IOException(
          "not a console position: " + anchorFile + "; delete it to count anew", e);
    }
  }
}
