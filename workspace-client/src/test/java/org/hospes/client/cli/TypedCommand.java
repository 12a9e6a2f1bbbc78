package org.hospes.client.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;

/** The command {@code workspace} as somebody types it, without the start of a process. */
public final class TypedCommand {
  private TypedCommand() {}

  /** What came of it. */
  public record Outcome(int exit, String out, String err) {}

  /** Runs it to its end, in this thread. */
  public static Outcome type(Map<String, String> environment, Path home, String... arguments) {
    return type(InputStream.nullInputStream(), environment, home, arguments);
  }

  /** The same with something on its standard input. */
  public static Outcome type(
      InputStream in, Map<String, String> environment, Path home, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Surroundings around =
        new Surroundings(
            Map.copyOf(environment),
            home,
            in,
            new PrintStream(out, true, UTF_8),
            new PrintStream(err, true, UTF_8),
            false,
            false,
            false,
            Clock.systemUTC());
    int exit = WorkspaceCommand.line(around).execute(arguments);
    return new Outcome(exit, out.toString(UTF_8), err.toString(UTF_8));
  }
}
