package org.hospes.wire.security;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.hospes.trust.path.DistinguishedName;

/**
 * The messages that were taken, in a directory, for the time in which their timestamps could pass
 * again. Two files: the younger takes new records, the older is thrown away when the younger is as
 * old as a record may become. A record is written before its message is taken, which survives the
 * end of this process, and {@link #sync} lets all of them survive a power cut, too. The head of a
 * file says in which run of the machine it was written, and since when it is complete. For one
 * thread at a time, but for {@link #sync}.
 */
final class SeenMessages implements AutoCloseable {
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
  private static final long MAGIC = 0x484f535045533031L;
  private static final int HEAD = 32;
  private static final int RECORD = 24;

  /** A digest of signer and message id, shortened: 128 bits tell everybody's messages apart. */
  record Key(long high, long low) {
    static Key of(DistinguishedName signer, String messageId) {
      try {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        ByteBuffer hash =
            ByteBuffer.wrap(
                digest.digest((signer + "\n" + messageId).getBytes(StandardCharsets.UTF_8)));
        return new Key(hash.getLong(), hash.getLong());
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java platform has SHA-256", e);
      }
    }
  }

  private final Path young;
  private final Path old;
  private final Duration longest;
  private final UUID run;
  private final Map<Key, Instant> recalled = new HashMap<>();
  private final Instant since;
  private volatile FileChannel out;
  private Instant began;

  private SeenMessages(Path directory, Duration longest, Instant now, UUID run) throws IOException {
    this.young = directory.resolve("messages-seen.0");
    this.old = directory.resolve("messages-seen.1");
    this.longest = longest;
    this.run = run;
    Optional<Instant> younger = recall(young, now);
    Optional<Instant> older = recall(old, now);
    // Killed while one took the other's place, the older is all there is.
    this.since = younger.or(() -> Files.exists(young) ? Optional.empty() : older).orElse(now);
    begin(now);
  }

  /**
   * Reads what was remembered in a directory, and goes on there.
   *
   * @param longest how long a message must be remembered
   * @throws IOException when it cannot be read or written
   */
  static SeenMessages open(Path directory, Duration longest, Instant now) throws IOException {
    return open(directory, longest, now, thisRun());
  }

  static SeenMessages open(Path directory, Duration longest, Instant now, UUID run)
      throws IOException {
    Files.createDirectories(directory);
    return new SeenMessages(directory, longest, now, run);
  }

  /** The run of this machine; one that nobody had before where it does not tell. */
  private static UUID thisRun() {
    try {
      return UUID.fromString(Files.readString(BOOT_ID).strip());
    } catch (IOException | IllegalArgumentException e) {
      return UUID.randomUUID();
    }
  }

  /**
   * From when on every message that was taken is known. Of those before, which were signed earlier,
   * only some may be.
   */
  Instant since() {
    return since;
  }

  /** What was remembered, and until when it must be. */
  Map<Key, Instant> recalled() {
    return recalled;
  }

  /**
   * Remembers one.
   *
   * @throws IOException when it could not be written: then it must not be taken
   */
  void add(Key key, Instant until, Instant now) throws IOException {
    if (now.isAfter(began.plus(longest))) {
      begin(now);
    }
    ByteBuffer record = ByteBuffer.allocate(RECORD);
    record.putLong(key.high).putLong(key.low).putLong(until.toEpochMilli()).flip();
    long end = out.position();
    try {
      while (record.hasRemaining()) {
        out.write(record);
      }
    } catch (IOException e) {
      // Half a record would shift all that follow.
      out.truncate(end);
      throw e;
    }
  }

  /**
   * Returns when everything added before outlives a power cut; may run beside {@link #add}.
   *
   * @throws IOException when that is not certain
   */
  void sync() throws IOException {
    try {
      out.force(false);
    } catch (ClosedChannelException e) {
      // Another file took its place, and this one was synced before.
      out.force(false);
    }
  }

  /** The answer is since when the file knows everything; empty when it is of another run. */
  private Optional<Instant> recall(Path file, Instant now) throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
    if (bytes.remaining() < HEAD || bytes.getLong() != MAGIC) {
      return Optional.empty();
    }
    boolean sameRun = new UUID(bytes.getLong(), bytes.getLong()).equals(run);
    Instant known = Instant.ofEpochMilli(bytes.getLong());
    while (bytes.remaining() >= RECORD) {
      Key key = new Key(bytes.getLong(), bytes.getLong());
      Instant until = Instant.ofEpochMilli(bytes.getLong());
      if (until.isAfter(now)) {
        recalled.put(key, until);
      }
    }
    return sameRun ? Optional.of(known) : Optional.empty();
  }

  /** A new younger file takes its place only with its head, and with what was recalled, in it. */
  private void begin(Instant now) throws IOException {
    Path next = young.resolveSibling("messages-seen.new");
    FileChannel fresh =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    try {
      boolean first = out == null;
      ByteBuffer head = ByteBuffer.allocate(HEAD + (first ? recalled.size() * RECORD : 0));
      head.putLong(MAGIC).putLong(run.getMostSignificantBits());
      head.putLong(run.getLeastSignificantBits()).putLong(since.toEpochMilli());
      if (first) {
        recalled.forEach(
            (key, until) -> head.putLong(key.high).putLong(key.low).putLong(until.toEpochMilli()));
      }
      head.flip();
      while (head.hasRemaining()) {
        fresh.write(head);
      }
      fresh.force(false);
      if (!first) {
        out.force(false);
        out.close();
        Files.move(young, old, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      }
      Files.move(next, young, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      if (first) {
        Files.deleteIfExists(old);
      }
      out = fresh;
      began = now;
    } catch (IOException e) {
      fresh.close();
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
