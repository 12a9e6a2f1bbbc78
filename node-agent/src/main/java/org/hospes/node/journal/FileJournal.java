package org.hospes.node.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A journal of one file for each guest, one line for each write: a checksum, a space, JSON. A line
 * is synced before the write returns. A torn last line is what a crash leaves of a write that was
 * never answered for, and is dropped; damage anywhere else is refused.
 */
public final class FileJournal implements Journal, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FileJournal.class);
  private static final String SUFFIX = ".journal";

  private final Path directory;
  private final JournalWatcher watcher;
  private final JournalJson json = new JournalJson();
  private final Map<UUID, Page> pages = new ConcurrentHashMap<>();

  private record Page(FileChannel file, GuestRecord record) {}

  private FileJournal(Path directory, JournalWatcher watcher) {
    this.directory = directory;
    this.watcher = watcher;
  }

  /**
   * Opens the journal and reads all of it.
   *
   * @param directory made when missing, readable by root alone: orders hold user data
   * @throws JournalDamagedException naming the file and the line that cannot be read
   */
  public static FileJournal open(Path directory, JournalWatcher watcher) {
    FileJournal journal = new FileJournal(directory, watcher);
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
        for (Path file : files) {
          String name = file.getFileName().toString();
          if (name.endsWith(SUFFIX)) {
            journal.load(file, UUID.fromString(name.substring(0, name.length() - SUFFIX.length())));
          } else if (name.endsWith(".new")) {
            Files.delete(file);
          }
        }
      }
    } catch (IOException e) {
      journal.close();
      throw new JournalDamagedException(directory + ": cannot be read: " + e.getMessage(), e);
    }
    return journal;
  }

  @Override
  public GuestRecord begin(JournalEntry.Ordered first) {
    UUID id = first.order().id();
    if (pages.containsKey(id)) {
      throw new IllegalStateException(id + " has a journal already");
    }
    String write = JournalWrite.nameOf(first);
    watcher.before(write);
    Path fresh = directory.resolve(id + ".new");
    Path file = directory.resolve(id + SUFFIX);
    try {
      FileChannel channel =
          FileChannel.open(
              fresh,
              Set.of(
                  StandardOpenOption.CREATE,
                  StandardOpenOption.TRUNCATE_EXISTING,
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      writeFully(channel, line(first), 0);
      channel.force(true);
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
      syncDirectory();
      pages.put(id, new Page(channel, GuestRecord.begin(first)));
    } catch (IOException e) {
      throw new JournalDamagedException(file + ": cannot be written: " + e.getMessage(), e);
    }
    watcher.after(write);
    return pages.get(id).record();
  }

  @Override
  public GuestRecord append(UUID id, JournalEntry entry) {
    Page page = pages.get(id);
    if (page == null) {
      throw new IllegalStateException(id + " has no journal");
    }
    GuestRecord next = page.record().plus(entry);
    String write = JournalWrite.nameOf(entry);
    watcher.before(write);
    long end = -1;
    try {
      end = page.file().size();
      writeFully(page.file(), line(entry), end);
      page.file().force(false);
    } catch (IOException e) {
      cutBack(page.file(), end, e);
      throw new JournalDamagedException(
          directory.resolve(id + SUFFIX) + ": cannot be written: " + e.getMessage(), e);
    }
    pages.put(id, new Page(page.file(), next));
    watcher.after(write);
    return next;
  }

  @Override
  public void forget(UUID id) {
    Page page = pages.get(id);
    if (page == null) {
      return;
    }
    watcher.before(JournalWrite.FORGOTTEN);
    Path file = directory.resolve(id + SUFFIX);
    try {
      Files.deleteIfExists(file);
      syncDirectory();
      page.file().close();
    } catch (IOException e) {
      throw new JournalDamagedException(file + ": cannot be deleted: " + e.getMessage(), e);
    }
    pages.remove(id);
    watcher.after(JournalWrite.FORGOTTEN);
  }

  @Override
  public Optional<GuestRecord> find(UUID id) {
    return Optional.ofNullable(pages.get(id)).map(Page::record);
  }

  @Override
  public Collection<GuestRecord> all() {
    return pages.values().stream().map(Page::record).toList();
  }

  @Override
  public boolean sameButLease(GuestOrder one, GuestOrder other) {
    return json.sameButLease(one, other);
  }

  @Override
  public void close() {
    for (Page page : pages.values()) {
      try {
        page.file().close();
      } catch (IOException e) {
        LOG.warn("a journal file does not close: {}", e.getMessage());
      }
    }
  }

  private void load(Path file, UUID id) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    // A torn line may end inside a character; only the last line may be torn.
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    GuestRecord record = null;
    int start = 0;
    int number = 0;
    while (start < text.length()) {
      int end = text.indexOf('\n', start);
      boolean last = end < 0 || end == text.length() - 1;
      number++;
      Optional<String> content = end < 0 ? Optional.empty() : checked(text.substring(start, end));
      if (content.isEmpty() && last && record != null) {
        LOG.warn("{}:{}: dropped a line that a crash cut off", file, number);
        channel.truncate(text.substring(0, start).getBytes(StandardCharsets.UTF_8).length);
        channel.force(true);
        break;
      }
      record = fold(file, number, record, content);
      start = end + 1;
    }
    if (record == null || !record.id().equals(id)) {
      throw damaged(file, 1, "no order of this workspace stands here", null);
    }
    pages.put(id, new Page(channel, record));
  }

  private GuestRecord fold(Path file, int number, GuestRecord record, Optional<String> content) {
    if (content.isEmpty()) {
      throw damaged(file, number, "the checksum does not fit", null);
    }
    try {
      JournalEntry entry = json.read(content.get());
      if (record != null) {
        return record.plus(entry);
      }
      if (entry instanceof JournalEntry.Ordered first) {
        return GuestRecord.begin(first);
      }
      throw damaged(file, number, "expected the order, found " + entry, null);
    } catch (IOException | IllegalArgumentException e) {
      throw damaged(file, number, e.getMessage(), e);
    }
  }

  private static JournalDamagedException damaged(
      Path file, int number, String what, Throwable cause) {
    return new JournalDamagedException(
        file
            + ":"
            + number
            + ": "
            + what
            + "; look at the guest with virsh, then restore the file or move it away",
        cause);
  }

  private byte[] line(JournalEntry entry) {
    String content = json.write(entry);
    return (checksum(content) + " " + content + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static Optional<String> checked(String line) {
    if (line.length() < 10 || line.charAt(8) != ' ') {
      return Optional.empty();
    }
    String content = line.substring(9);
    return checksum(content).equals(line.substring(0, 8)) ? Optional.of(content) : Optional.empty();
  }

  private static String checksum(String content) {
    CRC32 crc = new CRC32();
    crc.update(content.getBytes(StandardCharsets.UTF_8));
    return String.format("%08x", crc.getValue());
  }

  private static void writeFully(FileChannel channel, byte[] bytes, long position)
      throws IOException {
    ByteBuffer left = ByteBuffer.wrap(bytes);
    long at = position;
    while (left.hasRemaining()) {
      at += channel.write(left, at);
    }
  }

  /** A half-written line must not stand before the next one. */
  private static void cutBack(FileChannel channel, long end, IOException cause) {
    if (end >= 0) {
      try {
        channel.truncate(end);
      } catch (IOException e) {
        cause.addSuppressed(e);
      }
    }
  }

  private void syncDirectory() throws IOException {
    try (FileChannel folder = FileChannel.open(directory, StandardOpenOption.READ)) {
      folder.force(true);
    }
  }
}
