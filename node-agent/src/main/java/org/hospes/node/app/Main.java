package org.hospes.node.app;

import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.hospes.settings.InvalidSettingsException;

/** The program {@code node-agent}. Exit codes: 0 done, 1 it failed, 2 wrong usage or settings. */
public final class Main {
  private static final String USAGE =
      """
      usage: node-agent [--config FILE] [--check]
             node-agent cleanup [--config FILE]
             node-agent --version

        --config FILE  the configuration; /etc/hospes/node-agent.yaml unless given
        --check        read the configuration, tell every mistake, start nothing
        cleanup        take guests, network, rules and journal off this node; the
                       agent must not be running. Images and audit log stay.
      """;

  private Path config = Path.of("/etc/hospes/node-agent.yaml");
  private boolean check;
  private boolean cleanup;

  private Main() {}

  /** Runs until it is told to end. */
  public static void main(String[] arguments) {
    System.exit(new Main().run(new ArrayDeque<>(List.of(arguments))));
  }

  @SuppressWarnings("SystemOut")
  private int run(Deque<String> arguments) {
    while (!arguments.isEmpty()) {
      String argument = arguments.pop();
      switch (argument) {
        case "--config" -> {
          if (arguments.isEmpty()) {
            return wrong("--config needs a file");
          }
          config = Path.of(arguments.pop());
        }
        case "--check", "--check-config" -> check = true;
        case "cleanup" -> cleanup = true;
        case "--version" -> {
          System.out.println("node-agent " + version());
          return 0;
        }
        case "--help", "-h" -> {
          System.out.print(USAGE);
          return 0;
        }
        default -> {
          return wrong("what is '" + argument + "'?");
        }
      }
    }
    try {
      NodeSettings settings = NodeSettings.read(config);
      if (check) {
        System.out.println(config + ": good");
        return 0;
      }
      return cleanup ? cleanUp(settings) : serve(settings);
    } catch (InvalidSettingsException | IllegalArgumentException e) {
      System.err.println(e.getMessage());
      return 2;
    } catch (Exception e) {
      System.err.println("node-agent: " + (e.getMessage() == null ? e : e.getMessage()));
      org.slf4j.LoggerFactory.getLogger(Main.class).debug("in full", e);
      return 1;
    }
  }

  @SuppressWarnings("SystemOut")
  private static int cleanUp(NodeSettings settings) throws Exception {
    Cleanup.run(settings).forEach(System.out::println);
    return 0;
  }

  private static int serve(NodeSettings settings) throws Exception {
    var kills = KillPoint.from(Optional.ofNullable(System.getProperty(KillPoint.PROPERTY)));
    NodeAgent agent = NodeAgent.start(settings, version(), kills, Clock.systemUTC());
    CountDownLatch end = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  agent.close();
                  end.countDown();
                },
                "end"));
    end.await();
    return 0;
  }

  private static String version() {
    return Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
        .orElse("development");
  }

  @SuppressWarnings("SystemOut")
  private static int wrong(String what) {
    System.err.println("node-agent: " + what);
    System.err.print(USAGE);
    return 2;
  }
}
