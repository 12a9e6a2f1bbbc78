package org.hospes.trust.caller;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.hospes.trust.path.PathValidator;
import org.hospes.trust.path.VomsPaths;
import org.italiangrid.voms.ac.VOMSACValidator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The VOMS servers that a site trusts, one {@code VO/HOST.lsc} each, read again when the
 * directory's content changed. Safe for use by many threads.
 */
final class VomsServers {
  private static final Logger LOG = LoggerFactory.getLogger(VomsServers.class);
  private static final Duration EVERY = Duration.ofSeconds(10);
  private static final String SUFFIX = ".lsc";

  private final Path directory;
  private final PathValidator paths;
  private Map<LscFiles.Server, byte[]> content = Map.of();
  private Instant lookedAt = Instant.MIN;
  private VOMSACValidator validator;

  VomsServers(Path directory, PathValidator paths) {
    this.directory = directory;
    this.paths = paths;
  }

  /** The validator by the directory as it stood at most ten seconds ago. */
  synchronized VOMSACValidator validator(Instant now) {
    boolean recent =
        validator != null
            && !now.isBefore(lookedAt)
            && Duration.between(lookedAt, now).compareTo(EVERY) < 0;
    if (recent) {
      return validator;
    }
    lookedAt = now;
    Map<LscFiles.Server, byte[]> found = read();
    if (validator == null || !same(found, content)) {
      content = found;
      LscFiles servers = new LscFiles(found);
      LOG.info("voms-directory={} vos={}", directory, servers.getAllLSCInfo().keySet());
      validator = VomsPaths.validator(servers, paths);
    }
    return validator;
  }

  private Map<LscFiles.Server, byte[]> read() {
    Map<LscFiles.Server, byte[]> files = new HashMap<>();
    try (Stream<Path> found = Files.walk(directory, 2)) {
      for (Path file : found.filter(Files::isRegularFile).toList()) {
        Path relative = directory.relativize(file);
        String name = file.getFileName().toString();
        if (relative.getNameCount() == 2 && name.endsWith(SUFFIX)) {
          String host = name.substring(0, name.length() - SUFFIX.length());
          files.put(
              new LscFiles.Server(relative.getName(0).toString(), host), Files.readAllBytes(file));
        }
      }
      return files;
    } catch (IOException | UncheckedIOException e) {
      // Without servers every attribute certificate is refused, and who has none is not concerned.
      LOG.error(
          "{} cannot be read, so that no VOMS server is trusted: {}", directory, e.toString());
      return Map.of();
    }
  }

  private static boolean same(Map<LscFiles.Server, byte[]> a, Map<LscFiles.Server, byte[]> b) {
    return a.keySet().equals(b.keySet())
        && a.entrySet().stream()
            .allMatch(entry -> Arrays.equals(entry.getValue(), b.get(entry.getKey())));
  }
}
