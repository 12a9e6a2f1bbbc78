package org.hospes.node.app;

import java.util.Optional;
import org.hospes.node.journal.JournalWatcher;
import org.hospes.node.journal.JournalWrite;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends this process at a chosen write of the journal, as {@code kill -9} would, once. For the tests
 * that kill an agent everywhere; asked for by the system property {@code hospes.node.kill-at}, such
 * as {@code before:done.network}.
 */
final class KillPoint implements JournalWatcher {
  static final String PROPERTY = "hospes.node.kill-at";
  private static final Logger LOG = LoggerFactory.getLogger(KillPoint.class);
  private static final int AS_SIGKILL = 137;

  private final String point;

  private KillPoint(String point) {
    this.point = point;
  }

  /**
   * Nothing watches unless the property is set.
   *
   * @throws IllegalArgumentException when it names no write
   */
  static JournalWatcher from(Optional<String> property) {
    if (property.isEmpty()) {
      return JournalWatcher.NONE;
    }
    String[] parts = property.get().split(":", 2);
    boolean known =
        parts.length == 2
            && (parts[0].equals("before") || parts[0].equals("after"))
            && JournalWrite.all().contains(parts[1]);
    if (!known) {
      throw new IllegalArgumentException(
          PROPERTY + ": expected before: or after: one of " + JournalWrite.all());
    }
    LOG.warn("this agent will kill itself {}", property.get());
    return new KillPoint(property.get());
  }

  @Override
  public void before(String write) {
    at("before:" + write);
  }

  @Override
  public void after(String write) {
    at("after:" + write);
  }

  private void at(String here) {
    if (here.equals(point)) {
      Runtime.getRuntime().halt(AS_SIGKILL);
    }
  }
}
