package org.hospes.node.sandbox;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.hospes.image.fetch.RangeSource;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.HandedFile;

/**
 * Fetches one file from another node, hashing the bytes as they come. What came before the agent
 * was killed, or the connection broke, is hashed again and not fetched again. No more bytes are
 * taken than were told of, and none from a side that hardly sends any.
 */
final class PeerFetch {
  private static final int BLOCK = 1 << 18;

  /** Zeros of a whole page are left out: disks of guests have many holes. */
  private static final int PAGE = 4096;

  private static final long SLOWEST = 64 << 10;
  private static final Duration GRACE = Duration.ofSeconds(60);

  private final RangeSource source;
  private final Clock clock;
  private final BooleanSupplier abandoned;
  private final LongConsumer came;

  /**
   * @param came told how many bytes more are here
   */
  PeerFetch(RangeSource source, Clock clock, BooleanSupplier abandoned, LongConsumer came) {
    this.source = source;
    this.clock = clock;
    this.abandoned = abandoned;
    this.came = came;
  }

  /**
   * Fetches it.
   *
   * @param to made when missing, for root alone; synced when this returns
   * @throws GuestFailedException IMAGE_REFUSED when the bytes are not what they should be
   */
  void fetch(URI address, HandedFile expected, Path to) throws GuestFailedException {
    try (FileChannel file =
        FileChannel.open(
            to,
            Set.of(
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      if (file.size() > expected.bytes()) {
        file.truncate(0);
      }
      long before = file.size();
      MessageDigest sha256 = sha256();
      hash(file, before, sha256);
      if (before < expected.bytes()) {
        append(address, expected, file, before, sha256);
      }
      file.force(true);
      String found = HexFormat.of().formatHex(sha256.digest());
      if (!found.equals(expected.sha256())) {
        file.truncate(0);
        throw differs(expected, found, before > 0);
      }
    } catch (IOException e) {
      throw failed(expected, e);
    }
  }

  private void hash(FileChannel file, long bytes, MessageDigest sha256)
      throws IOException, GuestFailedException {
    ByteBuffer block = ByteBuffer.allocate(BLOCK);
    long at = 0;
    while (at < bytes) {
      requireWanted();
      int read = file.read(block.clear(), at);
      if (read < 0) {
        throw new EOFException("a file became shorter while it was read");
      }
      sha256.update(block.flip());
      at += read;
      came.accept(read);
    }
  }

  private void append(
      URI address, HandedFile expected, FileChannel file, long from, MessageDigest sha256)
      throws IOException, GuestFailedException {
    Instant began = clock.instant();
    byte[] block = new byte[BLOCK];
    long at = from;
    try (InputStream bytes = source.open(address, from, expected.bytes())) {
      while (at < expected.bytes()) {
        requireWanted();
        int read = bytes.read(block, 0, (int) Math.min(BLOCK, expected.bytes() - at));
        if (read < 0) {
          throw new EOFException(
              "it ended after " + at + " bytes, and " + expected.bytes() + " were told of");
        }
        sha256.update(block, 0, read);
        write(file, block, read, at);
        at += read;
        came.accept(read);
        requirePace(began, at - from);
      }
    } finally {
      // A hole at the end is no part of the file until it is as long.
      if (file.size() < at) {
        file.write(ByteBuffer.allocate(1), at - 1);
      }
    }
  }

  private static void write(FileChannel file, byte[] block, int length, long position)
      throws IOException {
    for (int from = 0; from < length; from += PAGE) {
      int to = Math.min(length, from + PAGE);
      if (!zeros(block, from, to)) {
        ByteBuffer page = ByteBuffer.wrap(block, from, to - from);
        long at = position + from;
        while (page.hasRemaining()) {
          at += file.write(page, at);
        }
      }
    }
  }

  private static boolean zeros(byte[] block, int from, int to) {
    for (int i = from; i < to; i++) {
      if (block[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private void requirePace(Instant began, long bytes) throws IOException {
    Duration taken = Duration.between(began, clock.instant());
    if (taken.compareTo(GRACE) > 0 && bytes < SLOWEST * taken.toSeconds()) {
      throw new IOException(
          "it sent " + bytes + " bytes in " + taken.toSeconds() + " s, which is too slow");
    }
  }

  private void requireWanted() throws GuestFailedException {
    if (abandoned.getAsBoolean()) {
      throw new GuestFailedException(
          Failure.of(Failure.Category.SITE, "disk.abandoned", "the guest is wanted otherwise"),
          true,
          null);
    }
  }

  /**
   * @param resumed whether part of it lay here: a power cut may have taken of it what was not on
   *     the disk yet
   */
  private static GuestFailedException differs(HandedFile expected, String found, boolean resumed) {
    return new GuestFailedException(
        Failure.of(
                Failure.Category.IMAGE_REFUSED,
                "handover.altered",
                "what the other node sent is not what it had sealed: " + expected.name())
            .advice("tell the operators of the node that it comes from")
            .fact("file", expected.name())
            .fact("expected", "sha256:" + expected.sha256())
            .fact("found", "sha256:" + found),
        resumed,
        null);
  }

  private static GuestFailedException failed(HandedFile file, IOException e) {
    return new GuestFailedException(
        Failure.of(
                Failure.Category.SITE,
                "handover.fetch",
                file.name() + " does not come from the other node: " + e.getMessage())
            .fact("file", file.name()),
        true,
        e);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
