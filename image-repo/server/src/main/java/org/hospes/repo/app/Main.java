package org.hospes.repo.app;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.hospes.settings.InvalidSettingsException;
import org.hospes.trust.credential.CredentialException;
import org.hospes.wire.security.NativeCrypto;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code image-repo [--config FILE] [--check] [--version]}. Exit codes: 0 done, 1 could not start,
 * 2 wrong usage or configuration.
 */
public final class Main {
  private static final Logger LOG = LoggerFactory.getLogger(Main.class);
  private static final String USAGE =
      "usage: image-repo [--config FILE] [--check] [--version]\n"
          + "  --config FILE  configuration, by default /etc/hospes/image-repo.yaml\n"
          + "  --check        read the configuration, name every mistake in it, start nothing\n"
          + "  --version      print the version\n";

  private final PrintStream out;
  private final PrintStream err;

  Main(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  public static void main(String[] arguments) throws InterruptedException {
    int status = new Main(System.out, System.err).run(arguments);
    System.exit(status);
  }

  int run(String... arguments) throws InterruptedException {
    Path file = Path.of("/etc/hospes/image-repo.yaml");
    boolean check = false;
    for (int i = 0; i < arguments.length; i++) {
      switch (arguments[i]) {
        case "--config" -> {
          if (++i == arguments.length) {
            return usage("--config needs a file");
          }
          file = Path.of(arguments[i]);
        }
        case "--check" -> check = true;
        case "--version" -> {
          out.println("image-repo " + version());
          return 0;
        }
        case "--help", "-h" -> {
          out.print(USAGE);
          return 0;
        }
        default -> {
          return usage("unknown argument: " + arguments[i]);
        }
      }
    }
    RepositoryConfig config;
    try {
      config = RepositoryConfig.read(file);
    } catch (InvalidSettingsException e) {
      err.println(e.getMessage());
      return 2;
    }
    if (check) {
      out.println(file + ": no mistakes");
      return 0;
    }
    return serve(config);
  }

  private int serve(RepositoryConfig config) throws InterruptedException {
    NativeCrypto.prefer();
    CountDownLatch ended = new CountDownLatch(1);
    try {
      RepositoryServer server = new RepositoryServer(config, Clock.systemUTC());
      Thread stop =
          new Thread(
              () -> {
                LOG.info("stopping");
                server.close();
                LOG.info("stopped");
                ended.countDown();
              },
              "stop");
      Runtime.getRuntime().addShutdownHook(stop);
      LOG.info(
          "listening on {}:{} as {}, operations on {}:{}",
          config.listen().getHostString(),
          server.port(),
          config.address(),
          config.opsListen().getHostString(),
          server.opsPort());
    } catch (InvalidSettingsException e) {
      err.println(e.getMessage());
      return 2;
    } catch (CredentialException | IOException e) {
      err.println("image-repo cannot start: " + e.getMessage());
      LOG.debug("cannot start", e);
      return 1;
    }
    ended.await();
    return 0;
  }

  private int usage(String mistake) {
    err.println(mistake);
    err.print(USAGE);
    return 2;
  }

  private static String version() {
    return Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
        .orElse("development");
  }
}
