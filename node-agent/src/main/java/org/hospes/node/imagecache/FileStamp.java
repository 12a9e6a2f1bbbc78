package org.hospes.node.imagecache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;

/** What the kernel notes of a file; any write, chmod or replacement changes it. */
record FileStamp(Object device, Object inode, Object size, Object modified, Object changed) {
  static FileStamp of(Path file) throws IOException {
    Map<String, Object> seen =
        Files.readAttributes(
            file, "unix:dev,ino,size,lastModifiedTime,ctime", LinkOption.NOFOLLOW_LINKS);
    return new FileStamp(
        seen.get("dev"),
        seen.get("ino"),
        seen.get("size"),
        seen.get("lastModifiedTime"),
        seen.get("ctime"));
  }
}
