package org.hospes.node.imagecache;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Which file was hashed for whom, and what the kernel noted of it then. Safe for many threads. */
final class Verifications {
  private final Map<UUID, Verification> last = new ConcurrentHashMap<>();

  private record Verification(Path file, FileStamp stamp) {}

  void note(UUID holder, Path file, FileStamp stamp) {
    last.put(holder, new Verification(file, stamp));
  }

  void forget(UUID holder) {
    last.remove(holder);
  }

  /** Whether the file is still untouched. */
  boolean unchanged(UUID holder) {
    Verification noted = last.get(holder);
    try {
      return noted != null && noted.stamp().equals(FileStamp.of(noted.file()));
    } catch (IOException e) {
      return false;
    }
  }
}
