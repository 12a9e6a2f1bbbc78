package org.hospes.node.network;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs nft, ip and bridge: arguments as a list, never through a shell. */
final class SystemTool {
  private static final long LIMIT_SECONDS = 60;

  /**
   * What a finished program said.
   *
   * @param exit its status
   */
  record Outcome(int exit, String out, String err) {}

  /** Runs a program that must succeed; answers with what it printed. */
  String run(String input, List<String> command) throws NetworkRefusedException {
    Outcome outcome = attempt(input, command);
    if (outcome.exit() != 0) {
      throw failed(command, "exit " + outcome.exit(), outcome.err().strip());
    }
    return outcome.out();
  }

  /** Runs a program that may fail. */
  Outcome attempt(String input, List<String> command) throws NetworkRefusedException {
    try (Running running = new Running(command)) {
      return running.end(input);
    }
  }

  /** Runs two programs that may fail, both at the same time, without input. */
  List<Outcome> attemptBoth(List<String> one, List<String> other) throws NetworkRefusedException {
    try (Running first = new Running(one);
        Running second = new Running(other)) {
      return List.of(first.end(""), second.end(""));
    }
  }

  /** A program that was started; closing ends it. */
  private static final class Running implements AutoCloseable {
    private final List<String> command;
    private final Process process;
    private final CompletableFuture<String> out;
    private final CompletableFuture<String> err;

    Running(List<String> command) throws NetworkRefusedException {
      this.command = command;
      try {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("LC_ALL", "C");
        process = builder.start();
      } catch (IOException e) {
        throw failed(command, "cannot be run", e.getMessage());
      }
      out = read(process.getInputStream());
      err = read(process.getErrorStream());
    }

    Outcome end(String input) throws NetworkRefusedException {
      try (OutputStream in = process.getOutputStream()) {
        in.write(input.getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        // A program that ended early says why on its standard error.
      }
      try {
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
          throw failed(command, "no end within " + LIMIT_SECONDS + " s", "");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw failed(command, "interrupted", "");
      }
      return new Outcome(process.exitValue(), out.join(), err.join());
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  private static CompletableFuture<String> read(InputStream stream) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
          } catch (IOException e) {
            return "";
          }
        });
  }

  private static NetworkRefusedException failed(List<String> command, String how, String said) {
    String line = String.join(" ", command);
    return new NetworkRefusedException(
        NetworkRefusedException.Kind.SITE,
        "network.tool.failed",
        line + ": " + how + (said.isEmpty() ? "" : ": " + said),
        "The agent needs nftables and iproute2, and the privilege CAP_NET_ADMIN.",
        Map.of("command", line, "outcome", how));
  }
}
