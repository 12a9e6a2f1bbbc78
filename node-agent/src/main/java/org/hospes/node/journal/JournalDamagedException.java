package org.hospes.node.journal;

/** A journal that cannot be read as a whole, or cannot be written: the agent must not guess. */
public final class JournalDamagedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public JournalDamagedException(String message, Throwable cause) {
    super(message, cause);
  }
}
