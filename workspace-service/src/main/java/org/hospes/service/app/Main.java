package org.hospes.service.app;

import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.hospes.settings.InvalidSettingsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * The program {@code workspace-service}. Exit codes: 0 after {@code --check} or {@code --version},
 * 1 when it cannot start, 2 when the command line or the configuration is wrong.
 */
public final class Main {
  private static final Logger LOG = LoggerFactory.getLogger(Main.class);
  private static final Path USUAL = Path.of("/etc/hospes/workspace-service.yaml");
  private static final String USAGE =
      "usage: workspace-service [--config FILE] [--check] [--version]";

  private Main() {}

  public static void main(String[] args) {
    Path file = USUAL;
    boolean check = false;
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "--config" -> {
          if (++i == args.length) {
            refuse("--config: a file expected\n" + USAGE);
          }
          file = Path.of(args[i]);
        }
        case "--check" -> check = true;
        case "--version" -> {
          String version = Main.class.getPackage().getImplementationVersion();
          System.out.println("workspace-service " + (version == null ? "unreleased" : version));
          return;
        }
        case "--help" -> {
          System.out.println(USAGE);
          return;
        }
        default -> refuse("unknown argument " + args[i] + "\n" + USAGE);
      }
    }
    try {
      ServiceSettings settings = ServiceSettings.read(file);
      if (check) {
        System.out.println(file + ": good");
        return;
      }
      run(settings);
    } catch (InvalidSettingsException e) {
      refuse(e.getMessage());
    } catch (Exception e) {
      LOG.error("cannot start: {}", e.getMessage(), e);
      System.err.println("workspace-service cannot start: " + e.getMessage());
      System.exit(1);
    }
  }

  private static void run(ServiceSettings settings) throws Exception {
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    RunningService service =
        new RunningService(
            settings,
            Clock.systemUTC(),
            Optional.ofNullable(System.getProperty(CrashSeam.PROPERTY)),
            () -> Runtime.getRuntime().halt(1));
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  LOG.info("stopping");
                  service.close();
                  LOG.info("stopped");
                  stopped.countDown();
                },
                "shutdown"));
    LOG.info(
        "workspace-service listens on {} port {}, operations on port {}",
        settings.listen().getHostString(),
        service.port(),
        service.opsPort());
    stopped.await();
  }

  private static void refuse(String message) {
    System.err.println(message);
    System.exit(2);
  }
}
