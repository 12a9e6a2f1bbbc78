package org.hospes.image.fetch;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.hospes.image.Digest;
import org.hospes.image.Manifest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One go at fetching what is missing, hashing the file behind the connections. For one use. */
final class Transfer {
  private static final Logger LOG = LoggerFactory.getLogger(Transfer.class);
  private static final int BLOCK = 1 << 18;
  private static final long LONGEST_PAUSE_MILLIS = 10_000;

  private final RangeSource source;
  private final FetchLimits limits;
  private final List<URI> sources;
  private final AtomicInteger turn;
  private final Manifest manifest;
  private final FileChannel file;
  private final FetchProgress progress;
  private final AtomicLong present = new AtomicLong();
  private final AtomicLong transferred = new AtomicLong();
  private final AtomicInteger failures = new AtomicInteger();
  private final AtomicReference<Throwable> failed = new AtomicReference<>();
  private final Set<InputStream> open = ConcurrentHashMap.newKeySet();

  Transfer(
      RangeSource source,
      FetchLimits limits,
      List<URI> sources,
      int firstSource,
      Manifest manifest,
      FileChannel file,
      FetchProgress progress) {
    this.source = source;
    this.limits = limits;
    this.sources = sources;
    this.turn = new AtomicInteger(firstSource);
    this.manifest = manifest;
    this.file = file;
    this.progress = progress;
  }

  /** Bytes received. */
  long transferred() {
    return transferred.get();
  }

  /** Fetches the incomplete segments; returns the digest of the whole file. */
  Digest run(List<Segment> segments) throws IOException, InterruptedException {
    Queue<Segment> missing = new ConcurrentLinkedQueue<>();
    for (Segment segment : segments) {
      present.addAndGet(segment.done() - segment.from());
      if (!segment.complete()) {
        missing.add(segment);
      }
    }
    progress.advanced(present.get(), manifest.diskBytes());
    List<Thread> workers = new ArrayList<>();
    for (int i = 0; i < Math.min(limits.connections(), missing.size()); i++) {
      Thread worker = new Thread(() -> work(missing), "image-fetch-" + i);
      worker.setDaemon(true);
      worker.start();
      workers.add(worker);
    }
    try {
      return hash(segments);
    } finally {
      stop(workers);
    }
  }

  private Digest hash(List<Segment> segments) throws IOException, InterruptedException {
    MessageDigest digest = ChunkCheck.sha256();
    byte[] block = new byte[BLOCK];
    for (Segment segment : segments) {
      long at = segment.from();
      while (at < segment.to()) {
        long until = segment.awaitBehind(at);
        throwIfFailed();
        while (at < until) {
          int wanted = (int) Math.min(block.length, until - at);
          int read = file.read(ByteBuffer.wrap(block, 0, wanted), at);
          if (read < 0) {
            throw new EOFException("the partial file became shorter while it was filled");
          }
          digest.update(block, 0, read);
          at += read;
        }
      }
    }
    return Digest.sha256(digest.digest());
  }

  private void throwIfFailed() throws FetchFailedException {
    Throwable cause = failed.get();
    if (cause != null) {
      throw new FetchFailedException(
          "could not fetch "
              + manifest.sha256()
              + " from "
              + sources
              + ": "
              + present.get()
              + " of "
              + manifest.diskBytes()
              + " bytes are here; last: "
              + cause.getMessage(),
          present.get(),
          cause);
    }
  }

  private void stop(List<Thread> workers) throws InterruptedException {
    // Read first: a worker that is told to stop must not report that as its failure.
    failed.compareAndSet(null, new IOException("stopped"));
    for (Thread worker : workers) {
      worker.interrupt();
    }
    for (InputStream stream : open) {
      close(stream);
    }
    for (Thread worker : workers) {
      worker.join();
    }
  }

  private void work(Queue<Segment> missing) {
    byte[] block = new byte[BLOCK];
    Segment segment = missing.poll();
    try {
      while (segment != null && failed.get() == null) {
        if (fetch(segment, block)) {
          segment = missing.poll();
        }
      }
    } catch (InterruptedException e) {
      failed.compareAndSet(null, e);
    } catch (RuntimeException | Error e) {
      LOG.error("fetching failed", e);
      failed.compareAndSet(null, e);
    }
  }

  /** Fetches the rest of a segment; false when it broke off and is to be tried again. */
  private boolean fetch(Segment segment, byte[] block) throws InterruptedException {
    URI address = sources.get(Math.floorMod(turn.get(), sources.size()));
    try (InputStream stream = source.open(address, segment.done(), segment.to())) {
      open.add(stream);
      try {
        copy(stream, segment, block);
      } finally {
        open.remove(stream);
      }
      return true;
    } catch (IOException e) {
      if (Thread.currentThread().isInterrupted() || failed.get() != null) {
        throw (InterruptedException) new InterruptedException("stopped").initCause(e);
      }
      int inARow = failures.incrementAndGet();
      LOG.info("fetch broke off: source={} at={} cause={}", address, segment.done(), e.toString());
      if (inARow >= limits.attempts()) {
        failed.compareAndSet(null, e);
        return true;
      }
      turn.incrementAndGet();
      long pause = limits.pause().toMillis() << Math.min(inARow - 1, 10);
      Thread.sleep(Math.min(pause, LONGEST_PAUSE_MILLIS));
      return false;
    }
  }

  private void copy(InputStream stream, Segment segment, byte[] block) throws IOException {
    while (!segment.complete()) {
      int wanted = (int) Math.min(block.length, segment.to() - segment.done());
      int read = stream.readNBytes(block, 0, wanted);
      if (read == 0) {
        throw new EOFException("the answer ended early");
      }
      ByteBuffer bytes = ByteBuffer.wrap(block, 0, read);
      long at = segment.done();
      while (bytes.hasRemaining()) {
        at += file.write(bytes, at);
      }
      segment.advance(read);
      failures.set(0);
      transferred.addAndGet(read);
      progress.advanced(present.addAndGet(read), manifest.diskBytes());
    }
  }

  private static void close(InputStream stream) {
    try {
      stream.close();
    } catch (IOException e) {
      LOG.debug("closing a stream", e);
    }
  }
}
