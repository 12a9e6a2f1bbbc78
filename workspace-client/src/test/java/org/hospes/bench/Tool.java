package org.hospes.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A program of the system, run to its end. */
final class Tool {
  private Tool() {}

  /** What it printed, both streams. Throws when it fails. */
  static String output(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = process.waitFor();
    if (status != 0) {
      throw new IOException(List.of(command) + " ended with " + status + ": " + said);
    }
    return said;
  }

  /** How long it ran. Throws when it fails. */
  static double seconds(String... command) throws IOException, InterruptedException {
    long begin = System.nanoTime();
    output(command);
    return (System.nanoTime() - begin) / 1e9;
  }
}
