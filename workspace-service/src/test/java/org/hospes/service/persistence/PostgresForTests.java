package org.hospes.service.persistence;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.postgresql.PostgreSQLContainer;

/**
 * A real PostgreSQL for the tests, wherever one can be had, in this order:
 *
 * <ol>
 *   <li>the one that {@code HOSPES_TEST_POSTGRES} names (a JDBC address with user and password);
 *   <li>a container of the image {@code postgres:15} through Testcontainers, when a Docker engine
 *       answers and has it;
 *   <li>Debian's own: a cluster made by {@code initdb} in a temporary directory, on a free port of
 *       loopback, as the user {@code postgres} when this is root.
 * </ol>
 *
 * <p>It throws when none can be had; a test is never passed over. Made once for a test class.
 */
public final class PostgresForTests implements AutoCloseable {
  private static final String IMAGE = "postgres:15";
  private static final Path DEBIAN = Path.of("/usr/lib/postgresql");

  private final String url;
  private final String user;
  private final String password;
  private final Runnable end;

  private PostgresForTests(String url, String user, String password, Runnable end) {
    this.url = url;
    this.user = user;
    this.password = password;
    this.end = end;
  }

  /** Starts or finds one. */
  public static PostgresForTests start() {
    Optional<String> named =
        Optional.ofNullable(System.getenv("HOSPES_TEST_POSTGRES")).filter(u -> !u.isBlank());
    if (named.isPresent()) {
      say("the one of HOSPES_TEST_POSTGRES");
      return named(named.get());
    }
    if (dockerAnswers()) {
      say("a container of " + IMAGE + ", through Testcontainers");
      return inContainer();
    }
    say("Debian's own, in a temporary cluster: no Docker engine answers");
    return debian();
  }

  /** A schema of its own in it, empty. */
  public DatabaseSettings emptySchema() {
    String schema = "t" + UUID.randomUUID().toString().replace("-", "");
    try (Connection connection = DriverManager.getConnection(url, user, password);
        var statement = connection.createStatement()) {
      statement.execute("CREATE SCHEMA " + schema);
    } catch (SQLException e) {
      throw new IllegalStateException("cannot make a schema at " + url, e);
    }
    String separator = url.contains("?") ? "&" : "?";
    return new DatabaseSettings(url + separator + "currentSchema=" + schema, user, password);
  }

  @Override
  public void close() {
    end.run();
  }

  private static PostgresForTests named(String address) {
    String user = parameter(address, "user").orElse("hospes");
    String password = parameter(address, "password").orElse("");
    return new PostgresForTests(address.split("\\?", 2)[0], user, password, () -> {});
  }

  private static Optional<String> parameter(String address, String name) {
    String[] parts = address.split("\\?", 2);
    return parts.length < 2
        ? Optional.empty()
        : Stream.of(parts[1].split("&"))
            .filter(p -> p.startsWith(name + "="))
            .map(p -> p.substring(name.length() + 1))
            .findFirst();
  }

  private static boolean dockerAnswers() {
    boolean configured =
        System.getenv("DOCKER_HOST") != null || Files.exists(Path.of("/var/run/docker.sock"));
    if (!configured) {
      return false;
    }
    try {
      run(List.of("docker", "image", "inspect", IMAGE));
      return DockerClientFactory.instance().isDockerAvailable();
    } catch (IOException e) {
      return false;
    }
  }

  private static PostgresForTests inContainer() {
    PostgreSQLContainer container = new PostgreSQLContainer(IMAGE);
    container.start();
    return new PostgresForTests(
        container.getJdbcUrl().split("\\?", 2)[0],
        container.getUsername(),
        container.getPassword(),
        container::stop);
  }

  private static PostgresForTests debian() {
    try {
      Path programs = newestPrograms();
      Path home = Files.createTempDirectory("hospes-postgres");
      boolean root = "root".equals(System.getProperty("user.name"));
      if (root) {
        run(List.of("chown", "postgres:", home.toString()));
      }
      String password = UUID.randomUUID().toString();
      Path passwordFile = home.resolve("password");
      Files.writeString(passwordFile, password);
      if (root) {
        run(List.of("chown", "postgres:", passwordFile.toString()));
      }
      Path data = home.resolve("data");
      int port = freePort();
      run(
          asOwner(
              root,
              programs.resolve("initdb").toString(),
              "--pgdata=" + data,
              "--username=hospes",
              "--pwfile=" + passwordFile,
              "--auth=scram-sha-256",
              "--encoding=UTF8",
              "--no-locale",
              "--no-sync"));
      run(
          asOwner(
              root,
              programs.resolve("pg_ctl").toString(),
              "--pgdata=" + data,
              "--log=" + home.resolve("log"),
              "--wait",
              "--options=-c listen_addresses=127.0.0.1 -c port="
                  + port
                  + " -c unix_socket_directories="
                  + home,
              "start"));
      List<String> stop =
          asOwner(
              root,
              programs.resolve("pg_ctl").toString(),
              "--pgdata=" + data,
              "--mode=immediate",
              "--wait",
              "stop");
      Thread atExit = new Thread(() -> end(stop, home));
      Runtime.getRuntime().addShutdownHook(atExit);
      return new PostgresForTests(
          "jdbc:postgresql://127.0.0.1:" + port + "/postgres",
          "hospes",
          password,
          () -> {
            Runtime.getRuntime().removeShutdownHook(atExit);
            end(stop, home);
          });
    } catch (IOException e) {
      throw new UncheckedIOException("Debian's PostgreSQL cannot be started for the tests", e);
    }
  }

  private static Path newestPrograms() throws IOException {
    if (Files.isDirectory(DEBIAN)) {
      try (Stream<Path> versions = Files.list(DEBIAN)) {
        Optional<Path> newest =
            versions
                .map(v -> v.resolve("bin"))
                .filter(b -> Files.isExecutable(b.resolve("initdb")))
                .max(Comparator.naturalOrder());
        if (newest.isPresent()) {
          return newest.get();
        }
      }
    }
    throw new IllegalStateException(
        "no PostgreSQL for the tests: set HOSPES_TEST_POSTGRES, start a Docker engine that has "
            + IMAGE
            + ", or apt-get install postgresql");
  }

  // PostgreSQL refuses to run as root.
  private static List<String> asOwner(boolean root, String... command) {
    List<String> full = new ArrayList<>();
    if (root) {
      full.addAll(
          List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"));
    }
    full.addAll(List.of(command));
    return full;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void run(List<String> command) throws IOException {
    Path output = Files.createTempFile("hospes-postgres", ".out");
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(Path.of("/").toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      if (!process.waitFor(120, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(command + " did not end");
      }
      if (process.exitValue() != 0) {
        throw new IOException(
            command + " failed: " + Files.readString(output, StandardCharsets.UTF_8));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      Files.deleteIfExists(output);
    }
  }

  private static void end(List<String> stop, Path home) {
    try {
      run(stop);
      try (Stream<Path> files = Files.walk(home)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the tests' PostgreSQL was not cleared away", e);
    }
  }

  private static void say(String which) {
    System.out.println("PostgreSQL for the tests: " + which);
  }
}
