package org.hospes.repo.app;

import static org.hospes.repo.app.RepositorySite.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.BindException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.hospes.contract.repository.CatalogueResponse;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.catalogue.Catalogue;
import org.hospes.image.catalogue.SignedCatalogue;
import org.hospes.image.testimages.TestDisks;
import org.hospes.image.testimages.TestSignatures;
import org.hospes.trust.path.DistinguishedName;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The program itself: its arguments, its mistakes, its deaths. */
@Timeout(900)
class MainIT {
  private static final int ROUNDS = 6;

  @TempDir Path directory;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private Path config;

  @BeforeEach
  void name() {
    config = directory.resolve("image-repo.yaml");
  }

  @Test
  void namesEveryMistakeAtOnce() throws Exception {
    Files.writeString(
        config,
        """
        listen: here
        addres: https://images.example.org:9444
        access: repo-access.yaml
        image-policy: image-policy.yaml
        limits:
          uploads-at-once: 0
          max-image-size: big
        catalogue-validity: 1 fortnight
        """);
    Files.writeString(directory.resolve("repo-access.yaml"), "publishers: [Bob]\n");
    Files.writeString(directory.resolve("image-policy.yaml"), "forms: [md5]\n");
    assertEquals(2, main("--check", "--config", config.toString()));
    String told = err.toString(StandardCharsets.UTF_8);
    for (String expected :
        List.of(
            ":1: listen",
            ":2: addres",
            "address",
            ":6: limits.uploads-at-once",
            ":7: limits.max-image-size",
            ":8: catalogue-validity",
            "repo-access.yaml:1",
            "image-policy.yaml:1")) {
      assertTrue(told.contains(expected), expected + " is not told in:\n" + told);
    }
  }

  @Test
  void theSampleIsGoodAndSaysTheDefaults() throws Exception {
    Path samples = Path.of("src/main/dist/etc/hospes");
    for (String name : List.of("image-repo.yaml", "repo-access.yaml", "image-policy.yaml")) {
      String text = Files.readString(samples.resolve(name));
      Files.writeString(directory.resolve(name), text.replace("/etc/hospes/", directory + "/"));
    }
    Files.writeString(
        config, Files.readString(config).replaceAll("(?m)^( *)#((image-policy|access):)", "$1$2"));
    assertEquals(0, main("--check", "--config", config.toString()), err.toString());
    RepositoryConfig asItStands = RepositoryConfig.read(config);
    Files.writeString(config, Files.readString(config).replaceAll("(?m)^( *)#([a-z-]+: )", "$1$2"));
    assertEquals(asItStands, RepositoryConfig.read(config));
  }

  @Test
  void knowsItsArguments() throws Exception {
    assertEquals(0, main("--version"));
    assertEquals(2, main("--conf"));
    assertEquals(2, main("--config"));
    assertEquals(2, main("--config", directory.resolve("missing").toString()));
  }

  @Test
  void sigtermStopsItAndASecondOneStaysAwayFromTheStore() throws Exception {
    RepositorySite site = new RepositorySite(directory);
    try (site) {
      Process first = start(freePort());
      try {
        Process second = start(freePort());
        assertTrue(second.waitFor(60, TimeUnit.SECONDS));
        assertEquals(1, second.exitValue());
        assertTrue(log().contains("another image-repo runs on this store"), log());
        assertTrue(log().contains("accepts signatures over SHA-1"), log());
      } finally {
        first.destroy();
      }
      assertTrue(first.waitFor(60, TimeUnit.SECONDS));
      assertTrue(log().contains("stopped"), log());
    }
  }

  @Test
  void neitherHalfImagesNorSerialsTwiceHoweverOftenItIsKilled() throws Exception {
    Random random = new Random(5);
    Map<Long, Digest> serials = new HashMap<>();
    int port = freePort();
    RepositorySite site = new RepositorySite(directory);
    try (site) {
      for (int round = 1; round <= ROUNDS; round++) {
        Path disk = TestDisks.mbr(directory.resolve("disk" + round), 4 << 20, round);
        SignedImage image =
            TestSignatures.sign(disk, "sl6", "" + round, SignatureForm.CMS, site.bob);
        Process process = start(port);
        site.at(port);
        Thread publishing = publishing(site, round, image, disk);
        publishing.start();
        Thread.sleep(random.nextInt(1500));
        process.destroyForcibly().waitFor();
        publishing.join();

        process = start(port);
        assertEquals(0, files("store/incoming"), "half publications");
        long named = catalogue(site, serials).entries().stream().count();
        assertEquals(named, files("store/disks"), "disks that no name means");
        site.publish(site.bob, "sl6", "" + round, image, disk);
        Catalogue catalogue = catalogue(site, serials);
        assertEquals(round, catalogue.entries().size());
        process.destroyForcibly().waitFor();
      }
    }
  }

  private static Thread publishing(RepositorySite site, int round, SignedImage image, Path disk) {
    return new Thread(
        () -> {
          try {
            site.port(site.bob).publish(request("sl6", "" + round, image));
            site.publish(site.bob, "sl6", "" + round, image, disk);
          } catch (Exception | AssertionError e) {
            // The server was killed under it; what counts is what it finds afterwards.
            assertTrue(round > 0);
          }
        });
  }

  private static Catalogue catalogue(RepositorySite site, Map<Long, Digest> serials)
      throws Exception {
    CatalogueResponse response =
        site.port(site.node).catalogue(new org.hospes.contract.repository.Catalogue());
    Catalogue catalogue =
        new SignedCatalogue(response.getCatalogue(), response.getSignature())
            .verify(
                site.paths, new DistinguishedName("/DC=org/DC=hospes/CN=localhost"), Instant.now());
    Digest digest = Digest.sha256Of(response.getCatalogue());
    assertEquals(digest, serials.getOrDefault(catalogue.serial(), digest), "one serial, two lists");
    serials.put(catalogue.serial(), digest);
    assertEquals(
        catalogue.serial(), serials.keySet().stream().mapToLong(s -> s).max().orElseThrow());
    return catalogue;
  }

  private long files(String folder) throws Exception {
    try (Stream<Path> files = Files.list(directory.resolve(folder))) {
      return files.count();
    }
  }

  /**
   * One that stays free while the program is down: below those that the system gives to whoever
   * does not ask for any.
   */
  private static int freePort() throws Exception {
    for (int tries = 0; ; tries++) {
      int port = ThreadLocalRandom.current().nextInt(20_000, 32_000);
      try (ServerSocket socket = new ServerSocket(port)) {
        return socket.getLocalPort();
      } catch (BindException e) {
        if (tries == 100) {
          throw e;
        }
      }
    }
  }

  private String log() throws Exception {
    return Files.readString(directory.resolve("log"));
  }

  /** Starts the program as the launcher does, and waits until it listens or ends. */
  private Process start(int port) throws Exception {
    Path own = directory.resolve("own-" + port + ".yaml");
    Files.writeString(
        own,
        Files.readString(config)
            .replace("listen: 127.0.0.1:0", "listen: 127.0.0.1:" + port)
            .replace("ops-listen: 127.0.0.1:" + port, "ops-listen: 127.0.0.1:0")
            .replace(URI.create("https://localhost:1").toString(), "https://localhost:" + port));
    Path log = directory.resolve("log");
    long before = Files.exists(log) ? Files.size(log) : 0;
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-Dlogback.configurationFile="
                    + Path.of("src/main/resources/logback.xml").toAbsolutePath(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "--config",
                own.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    while (process.isAlive()
        && (Files.size(log) == before || !log().substring((int) before).contains("listening on"))) {
      Thread.sleep(50);
    }
    return process;
  }

  private int main(String... arguments) throws Exception {
    return new Main(new PrintStream(out), new PrintStream(err)).run(arguments);
  }
}
