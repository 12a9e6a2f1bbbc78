package org.hospes.node.imagecache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.hospes.image.Digest;

/** A kernel's fs-verity as far as a process without it can be one: it keeps no writer away. */
public final class InMemoryVerity implements FileVerity {
  private final Map<Object, String> held = new ConcurrentHashMap<>();

  @Override
  public boolean enable(Path file) throws IOException {
    held.put(identity(file), digest(file));
    return true;
  }

  @Override
  public Optional<String> measure(Path file) throws IOException {
    // Other bytes under the number of a sealed file are another file, made after that one was gone.
    return Optional.ofNullable(held.get(identity(file))).filter(digest(file)::equals);
  }

  /** Another digest than of the bytes themselves, as the kernel's is. */
  private static String digest(Path file) throws IOException {
    return Digest.sha256Of(Digest.sha256Of(Files.readAllBytes(file)).hex().getBytes()).hex();
  }

  private static Object identity(Path file) throws IOException {
    return Files.readAttributes(file, "unix:dev,ino", links(file));
  }

  /** One that is open already is a link of the kernel's own making. */
  private static LinkOption[] links(Path file) {
    return file.startsWith("/proc/self/fd")
        ? new LinkOption[0]
        : new LinkOption[] {LinkOption.NOFOLLOW_LINKS};
  }
}
