package org.hospes.image.fetch;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.Manifest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a disk into a file. Several ranges travel at once; the SHA-256 over the whole is computed
 * from the file while the rest arrives, and it alone decides. The manifest's chunk digests say what
 * of an earlier attempt can stay, and which part to fetch again when the whole is wrong. Safe for
 * use by many threads, on different files.
 */
public final class ImageFetch {
  private static final Logger LOG = LoggerFactory.getLogger(ImageFetch.class);
  private static final long SEGMENT = 32L << 20;

  private final RangeSource source;
  private final FetchLimits limits;

  public ImageFetch(RangeSource source, FetchLimits limits) {
    this.source = source;
    this.limits = limits;
  }

  /**
   * Fetches a disk, or the rest of it. Interrupting the thread ends it.
   *
   * @param sources https addresses of the same bytes, tried in turn; at least one
   * @param manifest whose SHA-256 and length the caller has found good
   * @param partial the file to fill; kept when the sources fail, so that another call resumes;
   *     deleted when the bytes are refused
   * @throws ImageRefusedException with {@code image.digest.mismatch} when the sources serve other
   *     bytes
   * @throws FetchFailedException when no source gives more bytes
   */
  public FetchedImage fetch(
      List<URI> sources, Manifest manifest, Path partial, FetchProgress progress)
      throws ImageRefusedException, IOException, InterruptedException {
    if (sources.isEmpty()) {
      throw new FetchFailedException("no source is known for " + manifest.sha256(), 0, null);
    }
    long began = System.nanoTime();
    try (FileChannel file =
        FileChannel.open(
            partial,
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            LinkOption.NOFOLLOW_LINKS)) {
      if (file.size() > manifest.diskBytes()) {
        file.truncate(manifest.diskBytes());
      }
      List<Segment> segments = plan(manifest, ChunkCheck.present(file, manifest));
      long resumed = segments.stream().mapToLong(s -> s.done() - s.from()).sum();
      long transferred = 0;
      Digest found = null;
      for (int round = 0; round <= sources.size(); round++) {
        Transfer transfer = new Transfer(source, limits, sources, round, manifest, file, progress);
        found = transfer.run(segments);
        transferred += transfer.transferred();
        if (found.equals(manifest.sha256())) {
          return new FetchedImage(
              found, transferred, resumed, Duration.ofNanos(System.nanoTime() - began));
        }
        segments = plan(manifest, ChunkCheck.present(file, manifest));
        long bad = segments.stream().filter(s -> !s.complete()).count();
        LOG.warn(
            "fetched other bytes than expected: expected={} found={} sources={} bad-segments={}",
            manifest.sha256(),
            found,
            sources,
            bad);
        if (bad == 0) {
          break;
        }
      }
      Files.deleteIfExists(partial);
      throw new ImageRefusedException(
              "image.digest.mismatch", "what was fetched is not the disk of the manifest")
          .fact("expected", manifest.sha256())
          .fact("found", found)
          .fact("sources", sources.stream().map(URI::toString).collect(Collectors.joining(", ")))
          .advice("the repository's copy was altered: publish the disk again");
    }
  }

  /** Runs of chunks that are there or missing, cut so that several connections have work. */
  private static List<Segment> plan(Manifest manifest, boolean[] present) {
    List<Segment> segments = new ArrayList<>();
    int most = (int) Math.max(1, SEGMENT / manifest.chunkBytes());
    int from = 0;
    while (from < present.length) {
      int to = from + 1;
      while (to < present.length && present[to] == present[from] && to - from < most) {
        to++;
      }
      segments.add(
          new Segment(
              (long) from * manifest.chunkBytes(),
              Math.min((long) to * manifest.chunkBytes(), manifest.diskBytes()),
              present[from]));
      from = to;
    }
    return segments;
  }
}
