package org.hospes.service.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.hospes.image.Digest;
import org.hospes.service.admission.AccessRules;
import org.hospes.settings.Problems;
import org.hospes.trust.caller.Caller;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyKind;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever the file of who may run says, somebody whom nothing names may not. */
class AccessFileFuzzTest {
  private static final Path SAMPLES = Path.of("src/main/dist/etc/hospes");
  private static final Caller NOBODY =
      new Caller(
          new DistinguishedName("/DC=org/DC=hospes/CN=Whom nobody names 5f0d"),
          ProxyKind.NONE,
          List.of(),
          Instant.MAX);

  @TempDir static Path folder;

  static Stream<byte[]> files() throws IOException {
    // Jazzer itself runs where the repository's root is.
    Path samples =
        Files.isDirectory(SAMPLES) ? SAMPLES : Path.of("workspace-service").resolve(SAMPLES);
    return Stream.of(
        Files.readAllBytes(samples.resolve("service-access.yaml")),
        Files.readAllBytes(samples.resolve("service-access.example.yaml")));
  }

  @MethodSource("files")
  @FuzzTest(maxDuration = "60s")
  void whoIsNotNamedMayNot(byte[] yaml) throws IOException {
    Path file = Files.write(folder.resolve("service-access.yaml"), yaml);
    Problems problems = new Problems();
    AccessRules rules = AccessFile.read(file, true, problems);
    Problems again = new Problems();
    assertEquals(rules, AccessFile.read(file, true, again));
    assertEquals(problems.list(), again.list());
    problems.list().forEach(problem -> assertFalse(problem.message().isBlank()));
    assertEquals(Digest.sha256Of(yaml), rules.run().digest());
    if (!problems.isEmpty()) {
      // Then it is not taken, and what was in force stays.
      return;
    }
    assertFalse(rules.run().operator(NOBODY));
    assertFalse(rules.run().maySee(NOBODY));
    assertFalse(rules.run().admit(NOBODY).accepted());
  }
}
