package org.hospes.node.sandbox;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.hospes.image.fetch.RangeSource;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.HandedFile;

/**
 * Fetches one file from another node, hashing the bytes as they come. What came before the agent
 * was killed, or the connection broke, is hashed again and not fetched again; of what was copied
 * while the guest still ran only those blocks are fetched again that differ. No more bytes are
 * taken than were told of, and none from a side that hardly sends any.
 */
final class PeerFetch {
  private static final int BLOCK = 1 << 18;
  private static final long SLOWEST = 64 << 10;
  private static final Duration GRACE = Duration.ofSeconds(60);

  /** Blocks that differ and have no more than so much between them are fetched at once. */
  private static final long NEAR = 4L * BlockSums.BLOCK;

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

  /** Where the other node has a file, and the sums of its blocks. */
  record Place(URI file, URI sums) {}

  /** What of a file is fetched at once. */
  private record Range(long from, long to) {}

  /** What is done with bytes that come. */
  private interface Taking {
    void take(byte[] bytes, int count, long at) throws IOException;
  }

  /**
   * Fetches it.
   *
   * @param to made when missing, for root alone; synced when this returns
   * @param ahead what of it was copied there while it may have changed
   * @throws GuestFailedException IMAGE_REFUSED when the bytes are not what they should be
   */
  void fetch(Place place, HandedFile expected, Path to, Optional<CopiedFile> ahead)
      throws GuestFailedException {
    try (IncomingFile file = IncomingFile.open(to)) {
      MessageDigest sha256 =
          ahead.isPresent()
              ? compared(place, expected, file, ahead.get())
              : hashed(file, expected.bytes() < file.length() ? 0 : file.length());
      long before = file.length();
      if (before < expected.bytes()) {
        bytes(
            place.file(),
            new Range(before, expected.bytes()),
            (bytes, count, at) -> {
              sha256.update(bytes, 0, count);
              file.append(bytes, count);
              came.accept(count);
            });
      }
      file.sync();
      String found = HexFormat.of().formatHex(sha256.digest());
      if (!found.equals(expected.sha256())) {
        file.cut(0);
        throw differs(expected, found, before > 0);
      }
    } catch (IOException e) {
      throw failed(expected, e);
    }
  }

  /** The digest of so many bytes; the file is cut to these. */
  private MessageDigest hashed(IncomingFile file, long bytes)
      throws IOException, GuestFailedException {
    file.cut(bytes);
    MessageDigest sha256 = sha256();
    byte[] block = new byte[BLOCK];
    for (long at = 0; at < bytes; at += BLOCK) {
      requireWanted();
      int count = (int) Math.min(BLOCK, bytes - at);
      file.read(block, count, at);
      sha256.update(block, 0, count);
      came.accept(count);
    }
    return sha256;
  }

  /** The digest of what was copied ahead, once it is as the other node says that it is now. */
  private MessageDigest compared(
      Place place, HandedFile expected, IncomingFile file, CopiedFile ahead)
      throws IOException, GuestFailedException {
    // A block that is not whole is as good as none.
    long whole = Math.min(Math.min(ahead.bytes(), file.length()), expected.bytes());
    long bytes = whole == expected.bytes() ? whole : whole - whole % BlockSums.BLOCK;
    file.cut(bytes);
    List<Range> changed = changed(place, expected, file);
    for (Range range : changed) {
      bytes(place.file(), range, file::replace);
    }
    Optional<MessageDigest> known = ahead.sha256();
    if (changed.isEmpty() && bytes == ahead.bytes() && known.isPresent()) {
      came.accept(bytes);
      return known.get();
    }
    return hashed(file, bytes);
  }

  /** Which parts of what is here the other node has otherwise, by its own word. */
  private List<Range> changed(Place place, HandedFile expected, IncomingFile file)
      throws IOException, GuestFailedException {
    List<Range> changed = new ArrayList<>();
    if (file.length() == 0) {
      return changed;
    }
    byte[] block = new byte[BlockSums.BLOCK];
    try (DataInputStream sums =
        new DataInputStream(
            new BufferedInputStream(
                source.open(place.sums(), BlockSums.bytes(expected.bytes()))))) {
      for (long at = 0; at < file.length(); at += BlockSums.BLOCK) {
        requireWanted();
        int count = (int) Math.min(BlockSums.BLOCK, file.length() - at);
        file.read(block, count, at);
        if (sums.readLong() != BlockSums.of(block, count)) {
          int last = changed.size() - 1;
          boolean near = last >= 0 && at - changed.get(last).to() <= NEAR;
          long from = near ? changed.remove(last).from() : at;
          changed.add(new Range(from, at + count));
        }
      }
    }
    return changed;
  }

  private void bytes(URI address, Range range, Taking taking)
      throws IOException, GuestFailedException {
    Instant began = clock.instant();
    byte[] block = new byte[BLOCK];
    long at = range.from();
    try (InputStream in = source.open(address, range.from(), range.to())) {
      while (at < range.to()) {
        requireWanted();
        int read = in.read(block, 0, (int) Math.min(BLOCK, range.to() - at));
        if (read < 0) {
          throw new EOFException(
              "it ended after " + at + " bytes, and " + range.to() + " were told of");
        }
        taking.take(block, read, at);
        at += read;
        requirePace(began, at - range.from());
      }
    }
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
   *     the disk yet, and what was copied ahead may be another's word
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

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
