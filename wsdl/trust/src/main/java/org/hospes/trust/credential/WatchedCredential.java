package org.hospes.trust.credential;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.hospes.settings.InvalidSettingsException;
import org.hospes.settings.Watched;

/**
 * A host's certificate and key, read again when either file changes. While only one of the two is
 * new they do not match, and the pair read before stays in force. Safe for use by many threads.
 */
public final class WatchedCredential implements CredentialSource, AutoCloseable {
  private final Watched<Credential> watched;

  private WatchedCredential(Watched<Credential> watched) {
    this.watched = watched;
  }

  /**
   * Reads a host's papers and begins to watch them; the key must not be encrypted.
   *
   * @param every how often the files are looked at
   * @throws CredentialException when the first version cannot be used
   */
  public static WatchedCredential open(Path certificate, Path key, Duration every)
      throws CredentialException {
    try {
      return new WatchedCredential(
          new Watched<>(
              List.of(certificate, key),
              every,
              () -> PemCredentials.load(certificate, key, () -> null)));
    } catch (IOException | InvalidSettingsException e) {
      if (e.getCause() instanceof CredentialException credential) {
        throw credential;
      }
      throw new CredentialException(
              "credential.missing", certificate, "cannot be read: " + e.getMessage(), null)
          .because(e);
    }
  }

  @Override
  public Credential current() {
    return watched.get();
  }

  /** Runs the listener with each new credential. */
  public void onChange(Consumer<? super Credential> listener) {
    watched.onChange(listener);
  }

  /** Why the newest version of the files is not in force; empty when it is. */
  public Optional<String> lastProblem() {
    return watched.lastProblem();
  }

  /** Looks at the files now; whether a new credential is in force. */
  public boolean check() {
    return watched.check();
  }

  @Override
  public void close() {
    watched.close();
  }
}
