package org.hospes.repo.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.hospes.image.Digest;
import org.hospes.trust.path.DistinguishedName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Half uploads. An upload's name follows from who sends what, so that announcing it again, even
 * after a restart, finds the bytes that are already here. Those that nobody goes on with are swept.
 * Safe for use by many threads.
 */
public final class Uploads {
  private static final Logger LOG = LoggerFactory.getLogger(Uploads.class);
  private final Path folder;
  private final Duration lifetime;
  private final int perPublisher;
  private final Clock clock;
  private final Map<String, Upload> announced = new ConcurrentHashMap<>();

  /**
   * Opens, or makes, the folder.
   *
   * @param lifetime how long a half upload is kept after its last byte
   * @param perPublisher how many uploads of one publisher there may be
   */
  public Uploads(Path folder, Duration lifetime, int perPublisher, Clock clock) throws IOException {
    this.folder = Files.createDirectories(folder);
    this.lifetime = lifetime;
    this.perPublisher = perPublisher;
    this.clock = clock;
  }

  /**
   * Expects bytes; announcing the same again gives the same upload.
   *
   * @return empty when this publisher has as many uploads as one may have
   */
  public synchronized Optional<Upload> announce(
      DistinguishedName publisher, Digest digest, long size) {
    byte[] who = (publisher + "\n" + digest + "\n" + size).getBytes(StandardCharsets.UTF_8);
    String id = Digest.sha256Of(who).hex();
    long others =
        announced.values().stream()
            .filter(upload -> upload.publisher().equals(publisher) && !upload.id().equals(id))
            .count();
    if (others >= perPublisher) {
      return Optional.empty();
    }
    Upload upload =
        announced.computeIfAbsent(
            id, name -> new Upload(name, publisher, digest, size, folder.resolve(name)));
    upload.wanted(clock.instant());
    return Optional.of(upload);
  }

  /** Bytes that announced uploads may still bring. */
  public long outstanding() throws IOException {
    long bytes = 0;
    for (Upload upload : announced.values()) {
      bytes += upload.size() - upload.received();
    }
    return bytes;
  }

  /**
   * Whether this is the upload of its name; to be asked with its lock held, because one that was
   * discarded meanwhile may have a successor with the same file and another lock.
   */
  public boolean current(Upload upload) {
    return announced.get(upload.id()) == upload;
  }

  /** An upload that was announced since the start. */
  public Optional<Upload> find(String id) {
    return Optional.ofNullable(announced.get(id));
  }

  /** Takes an announcement back when nothing came of it; bytes that came are kept. */
  public void forget(Upload upload) throws IOException {
    if (upload.received() == 0) {
      announced.remove(upload.id(), upload);
    }
  }

  /** Forgets an upload with its bytes; the caller holds its lock. */
  public void discard(Upload upload) throws IOException {
    Files.deleteIfExists(upload.file());
    announced.remove(upload.id(), upload);
  }

  /** Deletes what nobody went on with for a lifetime. Returns how many were swept. */
  public int sweep() throws IOException {
    Instant oldest = clock.instant().minus(lifetime);
    int swept = 0;
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        if (Files.getLastModifiedTime(file).toInstant().isBefore(oldest) && delete(file)) {
          LOG.info("swept: upload={} reason=no byte came for {}", file.getFileName(), lifetime);
          swept++;
        }
      }
    }
    announced
        .values()
        .removeIf(
            upload ->
                upload.lastWanted().isBefore(oldest)
                    && !Files.exists(upload.file())
                    && !upload.lock().isLocked());
    return swept;
  }

  private boolean delete(Path file) throws IOException {
    Upload upload = announced.get(file.getFileName().toString());
    if (upload == null) {
      return Files.deleteIfExists(file);
    }
    if (!upload.lock().tryLock()) {
      return false;
    }
    try {
      discard(upload);
      return true;
    } finally {
      upload.lock().unlock();
    }
  }
}
