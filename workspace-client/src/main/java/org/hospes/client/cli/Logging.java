package org.hospes.client.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.slf4j.LoggerFactory;

/** What the libraries log goes to standard error, and only when it is asked for. */
final class Logging {
  private Logging() {}

  static void everything() {
    ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.INFO);
    ((Logger) LoggerFactory.getLogger("org.hospes")).setLevel(Level.DEBUG);
  }
}
