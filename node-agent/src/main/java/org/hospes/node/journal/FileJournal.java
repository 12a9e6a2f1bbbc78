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
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A journal of one file for each guest, one line for each write: a checksum, a space, JSON. A line
 * is synced before the write returns. A torn last line is what a crash leaves of a write that was
 * never answered for, and is dropped.
 *
 * <p>A page that is damaged anywhere else is set aside, so that one bad file does not take their
 * keeper from all other guests of the node. What it said is not guessed at: see {@link
 * Journal#setAside()}. A line that is whole (its checksum fits) but means nothing to this version
 * was written by another one: then no page is set aside, and the journal does not open.
 */
public final class FileJournal implements Journal, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FileJournal.class);
  private static final String SUFFIX = ".journal";

  private final Path directory;
  private final JournalWatcher watcher;
  private final JournalJson json = new JournalJson();
  private final Map<UUID, Page> pages = new ConcurrentHashMap<>();
  private final Map<UUID, SetAside> setAside = new ConcurrentHashMap<>();

  private record Page(FileChannel file, GuestRecord record) {}

  /** What a page says cannot be told. */
  private static final class Damage extends Exception {
    private static final long serialVersionUID = 1L;

    Damage(int line, String what) {
      super("line " + line + ": " + what);
    }
  }

  private FileJournal(Path directory, JournalWatcher watcher) {
    this.directory = directory;
    this.watcher = watcher;
  }

  /**
   * Opens the journal and reads all of it.
   *
   * @param directory made when missing, readable by root alone: orders hold user data
   * @param now for the names of damaged pages
   * @param found hears of every page that is set aside by this call
   * @throws JournalDamagedException when the directory cannot be read, a damaged page cannot be set
   *     aside, or a line was written by another version
   */
  public static FileJournal open(
      Path directory, JournalWatcher watcher, Clock now, Consumer<SetAside> found) {
    FileJournal journal = new FileJournal(directory, watcher);
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      Map<Path, String> damaged = new TreeMap<>();
      try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
        for (Path file : files) {
          journal.take(file, damaged);
        }
      }
      // Only when all were read: a journal of another version is left as it is.
      for (Map.Entry<Path, String> page : damaged.entrySet()) {
        found.accept(journal.putAside(page.getKey(), page.getValue(), now));
      }
      journal.setAside.keySet().removeAll(journal.pages.keySet());
    } catch (IOException e) {
      journal.close();
      throw new JournalDamagedException(directory + ": cannot be read: " + e.getMessage(), e);
    } catch (JournalDamagedException e) {
      journal.close();
      throw e;
    }
    return journal;
  }

  private void take(Path file, Map<Path, String> damaged) throws IOException {
    String name = file.getFileName().toString();
    if (name.endsWith(".new")) {
      Files.delete(file);
    } else if (name.endsWith(SUFFIX)) {
      Optional<UUID> id = idOf(name);
      if (id.isEmpty()) {
        LOG.warn("{} is no page of this journal: left alone", file);
        return;
      }
      try {
        load(file, id.get());
      } catch (Damage e) {
        damaged.put(file, e.getMessage());
      } catch (IOException e) {
        damaged.put(file, "it cannot be read: " + e.getMessage());
      }
    } else {
      SetAside.earlier(file)
          .ifPresent(
              aside -> {
                LOG.error(aside.warning());
                setAside.put(aside.id(), aside);
              });
    }
  }

  private static Optional<UUID> idOf(String name) {
    try {
      return Optional.of(UUID.fromString(name.substring(0, name.length() - SUFFIX.length())));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private SetAside putAside(Path file, String problem, Clock now) throws IOException {
    Path beside = SetAside.nameFor(file, now.instant());
    Files.move(file, beside);
    syncDirectory();
    UUID id = idOf(file.getFileName().toString()).orElseThrow();
    SetAside aside = new SetAside(id, beside, problem);
    LOG.error(aside.warning());
    setAside.put(id, aside);
    return aside;
  }

  @Override
  public GuestRecord begin(JournalEntry.Ordered first) {
    UUID id = first.order().id();
    if (pages.containsKey(id) || setAside.containsKey(id)) {
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
  public Collection<SetAside> setAside() {
    return List.copyOf(setAside.values());
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

  private void load(Path file, UUID id) throws IOException, Damage {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      GuestRecord record = read(file, channel);
      if (!record.id().equals(id)) {
        throw new Damage(1, "the order is that of workspace " + record.id());
      }
      pages.put(id, new Page(channel, record));
    } catch (IOException | Damage | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private GuestRecord read(Path file, FileChannel channel) throws IOException, Damage {
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
      if (content.isEmpty()) {
        throw new Damage(number, "the checksum does not fit");
      }
      record = fold(file, number, record, content.get());
      start = end + 1;
    }
    if (record == null) {
      throw new Damage(1, "it is empty");
    }
    return record;
  }

  private GuestRecord fold(Path file, int number, GuestRecord record, String content)
      throws Damage {
    JournalEntry entry;
    try {
      entry = json.read(content);
    } catch (IOException | RuntimeException e) {
      throw new JournalDamagedException(
          file
              + ":"
              + number
              + ": this line is whole but not understood: "
              + e.getMessage()
              + "; start the version of the agent that wrote it, or end its guest with virsh and"
              + " move the file away",
          e);
    }
    if (record == null) {
      if (entry instanceof JournalEntry.Ordered first) {
        return GuestRecord.begin(first);
      }
      throw new Damage(number, "expected the order, found " + JournalWrite.nameOf(entry));
    }
    try {
      return record.plus(entry);
    } catch (IllegalArgumentException e) {
      throw new Damage(number, e.getMessage());
    }
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
