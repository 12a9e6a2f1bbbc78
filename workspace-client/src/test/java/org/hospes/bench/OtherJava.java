package org.hospes.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A main class in a Java of its own, with this one's class path, as a server is a process of its
 * own. A line on standard output says that it is ready; it ends when its input does, so it cannot
 * outlive this one.
 */
final class OtherJava implements AutoCloseable {
  private static final String READY = "ready: ";
  private static final long PATIENCE_SECONDS = 10;

  private final Process process;
  private final String ready;

  private OtherJava(Process process, String ready) {
    this.process = process;
    this.ready = ready;
  }

  static OtherJava start(Class<?> main, List<String> options, String... arguments)
      throws IOException {
    Process process =
        command(options, main.getName(), arguments)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (line.startsWith(READY)) {
        return new OtherJava(process, line.substring(READY.length()));
      }
      System.err.println(line);
    }
    throw new IOException(main.getName() + " ended before it was ready");
  }

  /** The command line of such a Java. */
  static ProcessBuilder command(List<String> options, String main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command);
  }

  /** In the other Java: says that all is ready, and waits until it is no longer needed. */
  static void serveUntilClosed(String ready) throws IOException {
    System.out.println(READY + ready);
    System.out.flush();
    while (System.in.read() >= 0) {
      continue;
    }
  }

  /** What it said when it was ready. */
  String ready() {
    return ready;
  }

  /** Processor time that it has used so far. */
  double cpuSeconds() {
    return process.info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
  }

  @Override
  public void close() throws IOException, InterruptedException {
    process.getOutputStream().close();
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }
}
