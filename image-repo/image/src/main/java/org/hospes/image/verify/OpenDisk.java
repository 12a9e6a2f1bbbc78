package org.hospes.image.verify;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;

/**
 * A disk that is open: its bytes, and what the kernel notes of the file they are in. Of one that is
 * {@link #held} both are of one file, whatever becomes of its name.
 */
public final class OpenDisk implements Closeable {
  private static final String NOTED = "unix:dev,ino,size,lastModifiedTime,ctime";

  private final Path name;
  private final Path handle;
  private final LinkOption[] links;
  private final FileChannel channel;

  private OpenDisk(Path name, Path handle, LinkOption[] links, FileChannel channel) {
    this.name = name;
    this.handle = handle;
    this.links = links;
    this.channel = channel;
  }

  /**
   * Opens a file by its name, without following a symbolic link. What the kernel notes of it is
   * asked by the name again: enough for whoever keeps the directories above for himself.
   */
  public static OpenDisk at(Path file) throws IOException {
    return new OpenDisk(
        file,
        file,
        new LinkOption[] {LinkOption.NOFOLLOW_LINKS},
        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
  }

  /**
   * Reads a file that is open already: no name is looked up again, so that nobody can put another
   * in its place.
   *
   * @param descriptor {@code /proc/self/fd/N}, which stays open until this is closed
   * @param name for people
   */
  public static OpenDisk held(Path descriptor, Path name) throws IOException {
    if (!descriptor.startsWith("/proc/self/fd")) {
      throw new IllegalArgumentException("expected /proc/self/fd/N, found " + descriptor);
    }
    return new OpenDisk(
        name, descriptor, new LinkOption[0], FileChannel.open(descriptor, StandardOpenOption.READ));
  }

  /** For people. */
  public Path name() {
    return name;
  }

  /** Where the kernel finds it. */
  Path handle() {
    return handle;
  }

  /** Its bytes; closed with this. */
  public FileChannel channel() {
    return channel;
  }

  /** Which file it is. */
  public FileIdentity identity() throws IOException {
    return identity(noted());
  }

  static FileIdentity identity(Map<String, Object> noted) {
    return new FileIdentity((Long) noted.get("dev"), (Long) noted.get("ino"));
  }

  /** What the kernel notes of it now; any write, chmod, rename or link changes it. */
  Map<String, Object> noted() throws IOException {
    return Files.readAttributes(handle, NOTED, links);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
