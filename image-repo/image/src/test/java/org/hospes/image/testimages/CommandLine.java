package org.hospes.image.testimages;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs the real tools beside which this module has to hold. */
public final class CommandLine {
  private CommandLine() {}

  /** The output of a command that must succeed. */
  public static String run(String... command) {
    Result result = attempt(command);
    if (result.status() != 0) {
      throw new IllegalStateException(List.of(command) + ": " + result.output());
    }
    return result.output();
  }

  /** The outcome of a command that may fail. */
  public static Result attempt(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Result(process.waitFor(), output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** How a command ended, and what it said. */
  public record Result(int status, String output) {}
}
