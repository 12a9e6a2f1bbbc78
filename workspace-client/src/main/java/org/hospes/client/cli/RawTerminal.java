package org.hospes.client.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Standard input's terminal with every key passed on as it is pressed, Ctrl-C and Ctrl-Z too. It is
 * given back as it was when this closes, and when the program is ended by a signal. By {@code
 * stty}, which POSIX has: three calls need no library with native code.
 */
final class RawTerminal implements AutoCloseable {
  private static final long LIMIT_SECONDS = 5;

  /** What {@code stty -g} prints; nothing else is handed back to it. */
  private static final Pattern SETTINGS = Pattern.compile("[0-9A-Za-z:=,-]+");

  private final String before;
  private final Thread onSignal;

  private RawTerminal(String before) {
    this.before = before;
    this.onSignal = new Thread(this::restore, "terminal");
  }

  /**
   * @throws IllegalArgumentException when the terminal cannot be set so
   */
  static RawTerminal enter() {
    String before = stty("-g").strip();
    if (!SETTINGS.matcher(before).matches()) {
      throw refused("'stty -g' said: " + before);
    }
    RawTerminal terminal = new RawTerminal(before);
    Runtime.getRuntime().addShutdownHook(terminal.onSignal);
    try {
      stty("raw", "-echo");
    } catch (RuntimeException e) {
      terminal.close();
      throw e;
    }
    return terminal;
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(onSignal);
    } catch (IllegalStateException e) {
      // The program is being ended, and the hook is at it already.
      return;
    }
    restore();
  }

  private void restore() {
    stty(before);
  }

  private static String stty(String... arguments) {
    List<String> command = new java.util.ArrayList<>(List.of("stty"));
    command.addAll(List.of(arguments));
    try {
      Process stty =
          new ProcessBuilder(command)
              .redirectInput(Redirect.INHERIT)
              .redirectErrorStream(true)
              .start();
      String said = new String(stty.getInputStream().readAllBytes(), US_ASCII);
      if (!stty.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || stty.exitValue() != 0) {
        throw refused("'" + String.join(" ", command) + "' said: " + said.strip());
      }
      return said;
    } catch (IOException e) {
      throw refused(e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw refused("interrupted");
    }
  }

  private static IllegalArgumentException refused(String why) {
    return new IllegalArgumentException(
        "this terminal cannot be set to pass on single keys ("
            + why
            + "); type through a pipe instead: echo ls | workspace console ID --attach");
  }
}
