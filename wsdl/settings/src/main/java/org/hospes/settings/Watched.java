package org.hospes.settings;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A value read from files and read again when their content changes, without restart. A new version
 * that cannot be read is logged as an error and the value in force stays. Safe for use by many
 * threads; listeners run on the thread that noticed the change, one change at a time.
 *
 * @param <T> an immutable value
 */
public final class Watched<T> implements Supplier<T>, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Watched.class);

  private final List<Path> files;
  private final Loader<T> loader;
  private final List<Consumer<? super T>> listeners = new CopyOnWriteArrayList<>();
  private final List<Consumer<String>> problemListeners = new CopyOnWriteArrayList<>();
  private final ScheduledExecutorService poller;
  private String seen;
  private volatile T value;
  private volatile String problem;

  /**
   * Reads the value for the first time and begins to watch.
   *
   * @param files whose content is compared; one that is missing counts as a content of its own
   * @param every how often they are looked at
   * @throws InvalidSettingsException when the first version has mistakes
   * @throws IOException when the first version cannot be read for another reason
   */
  public Watched(List<Path> files, Duration every, Loader<T> loader)
      throws IOException, InvalidSettingsException {
    this.files = List.copyOf(files);
    this.loader = Objects.requireNonNull(loader);
    // Taken before the load: a change that slips in between is then noticed at the next look.
    this.seen = content();
    this.value = first(loader);
    this.poller =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "watch " + this.files);
              thread.setDaemon(true);
              return thread;
            });
    poller.scheduleWithFixedDelay(
        this::checkQuietly, every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** The value in force. */
  @Override
  public T get() {
    return value;
  }

  /** Runs the listener with each new value; one that throws is logged and does not stop others. */
  public void onChange(Consumer<? super T> listener) {
    listeners.add(listener);
  }

  /**
   * Runs the listener with the reason each time a new version cannot be used, and once for as long
   * as the reason stays the same; one that throws is logged.
   */
  public void onProblem(Consumer<String> listener) {
    problemListeners.add(listener);
  }

  /** Why the newest version of the files is not in force; empty when it is. */
  public Optional<String> lastProblem() {
    return Optional.ofNullable(problem);
  }

  /**
   * Looks at the files now rather than at the next turn.
   *
   * @return whether a new value is in force
   */
  public synchronized boolean check() {
    String now;
    try {
      now = content();
    } catch (IOException e) {
      // Once it can be read again it is read anew, also when nothing in it changed meanwhile.
      seen = "";
      refuse(e);
      return false;
    }
    if (now.equals(seen)) {
      return false;
    }
    seen = now;
    T fresh;
    try {
      fresh = Objects.requireNonNull(loader.load(), "nothing was read");
    } catch (Exception e) {
      refuse(e);
      return false;
    }
    value = fresh;
    problem = null;
    LOG.info("read anew: {}", files);
    for (Consumer<? super T> listener : listeners) {
      try {
        listener.accept(fresh);
      } catch (RuntimeException e) {
        LOG.error("a listener failed on the new version of {}", files, e);
      }
    }
    return true;
  }

  /** Stops watching; the value in force stays. */
  @Override
  public void close() {
    poller.shutdownNow();
  }

  private void checkQuietly() {
    try {
      check();
    } catch (RuntimeException e) {
      // An exception that escapes would end the schedule, and no later change would be seen.
      LOG.error("could not look at {}", files, e);
    }
  }

  private void refuse(Exception e) {
    String message = e.getMessage() == null ? e.toString() : e.getMessage();
    boolean news = !message.equals(problem);
    problem = message;
    if (!news) {
      return;
    }
    LOG.error("{} changed and cannot be used; the version read before stays: {}", files, message);
    for (Consumer<String> listener : problemListeners) {
      try {
        listener.accept(message);
      } catch (RuntimeException failed) {
        LOG.error("a listener failed on the mistakes of {}", files, failed);
      }
    }
  }

  private static <T> T first(Loader<T> loader) throws IOException, InvalidSettingsException {
    try {
      return Objects.requireNonNull(loader.load(), "nothing was read");
    } catch (IOException | InvalidSettingsException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private String content() throws IOException {
    MessageDigest digest = sha256();
    for (Path file : files) {
      digest.update(file.toString().getBytes(StandardCharsets.UTF_8));
      if (Files.isRegularFile(file)) {
        digest.update((byte) 1);
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
          in.transferTo(OutputStream.nullOutputStream());
        }
      } else {
        digest.update((byte) 0);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
