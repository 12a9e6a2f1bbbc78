package org.hospes.image.verify;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;

/**
 * Which file it was, whatever it is called by now; to be compared with what a hypervisor holds
 * open.
 *
 * @param device {@code st_dev}
 * @param inode {@code st_ino}
 */
public record FileIdentity(long device, long inode) {
  /** Reads it, without following a symbolic link. */
  public static FileIdentity of(Path file) throws IOException {
    Map<String, Object> attributes =
        Files.readAttributes(file, "unix:dev,ino", LinkOption.NOFOLLOW_LINKS);
    return new FileIdentity((Long) attributes.get("dev"), (Long) attributes.get("ino"));
  }
}
