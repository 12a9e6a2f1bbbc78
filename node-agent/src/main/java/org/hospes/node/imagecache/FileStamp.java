package org.hospes.node.imagecache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;

/** What the kernel notes of a file; any write, chmod or replacement changes it. */
record FileStamp(Object device, Object inode, Object size, Object modified, Object changed) {
  /** Of a file by its name; a symbolic link is not followed. */
  static FileStamp of(Path file) throws IOException {
    return read(file, LinkOption.NOFOLLOW_LINKS);
  }

  /**
   * Of a file that is open.
   *
   * @param descriptor {@code /proc/self/fd/N}
   */
  static FileStamp ofOpen(Path descriptor) throws IOException {
    return read(descriptor);
  }

  private static FileStamp read(Path file, LinkOption... links) throws IOException {
    Map<String, Object> seen =
        Files.readAttributes(file, "unix:dev,ino,size,lastModifiedTime,ctime", links);
    return new FileStamp(
        seen.get("dev"),
        seen.get("ino"),
        seen.get("size"),
        seen.get("lastModifiedTime"),
        seen.get("ctime"));
  }
}
