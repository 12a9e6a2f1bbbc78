package org.hospes.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs programs of the machine, and says what they printed when they fail. */
final class Shell {
  private static final long LONGEST_MINUTES = Site.XEN ? 15 : 5;

  private final Path directory;
  private final Map<String, String> environment;

  Shell(Path directory, Map<String, String> environment) {
    this.directory = directory;
    this.environment = Map.copyOf(environment);
  }

  /** What came of it. */
  record Result(int exit, String out, String err) {
    /** The same, if it went well. */
    Result orFail() {
      if (exit != 0) {
        throw new AssertionError("exit " + exit + "\n" + out + err);
      }
      return this;
    }
  }

  Result run(String... command) throws IOException, InterruptedException {
    return run(Map.of(), command);
  }

  /**
   * Runs it to its end, with more in its environment. Output goes through files, so that nothing
   * blocks.
   */
  Result run(Map<String, String> more, String... command) throws IOException, InterruptedException {
    Path out = Files.createTempFile("hospes-e2e", ".out");
    Path err = Files.createTempFile("hospes-e2e", ".err");
    try {
      ProcessBuilder builder = new ProcessBuilder(List.of(command));
      builder.directory(directory.toFile());
      builder.environment().putAll(environment);
      builder.environment().putAll(more);
      builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
      builder.redirectOutput(out.toFile());
      builder.redirectError(err.toFile());
      Process process = builder.start();
      if (!process.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new AssertionError(
            String.join(" ", command) + " did not end within " + LONGEST_MINUTES + " minutes");
      }
      return new Result(process.exitValue(), text(out), text(err));
    } finally {
      Files.deleteIfExists(out);
      Files.deleteIfExists(err);
    }
  }

  private static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }
}
