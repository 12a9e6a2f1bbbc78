package org.hospes.service.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.hospes.settings.InvalidSettingsException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceSettingsTest {
  private static final Path SAMPLES = Path.of("src/main/dist/etc/hospes");
  @TempDir Path directory;

  @Test
  void everyMistakeIsToldAtOnceWithItsKeyAndLine() throws Exception {
    Path file =
        write(
            "workspace-service.yaml",
            "listen: nowhere",
            "heartbeat: 100ms",
            "hearbeat: 5s",
            "repository:",
            "  address: http://repo.example.org",
            "database:",
            "  url: jdbc:h2:file:/x;WRITE_DELAY=500",
            "image-policy: " + policy(),
            "grid-mapfile: " + write("map", "not a line"),
            "access: " + write("access.yaml", "nodes:", "  - name: 'a b'", "    dn: nobody"));
    InvalidSettingsException refused =
        assertThrows(InvalidSettingsException.class, () -> ServiceSettings.read(file));
    String message = refused.getMessage();
    for (String expected :
        List.of(
            "workspace-service.yaml:1: listen",
            "workspace-service.yaml:2: heartbeat",
            "workspace-service.yaml:3: hearbeat",
            "workspace-service.yaml:5: repository.address",
            "repository.dn",
            "workspace-service.yaml:7: database.url",
            "map:1:",
            "access.yaml:2: nodes[0].name",
            "access.yaml:3: nodes[0].dn")) {
      assertTrue(message.contains(expected), expected + " in\n" + message);
    }
  }

  @Test
  void theSampleHoldsTheDefaultsAndEveryKey() throws Exception {
    String sample = Files.readString(SAMPLES.resolve("workspace-service.yaml"));
    String files =
        "\nimage-policy: "
            + policy()
            + "\ngrid-mapfile: "
            + write("map", "")
            + "\naccess: "
            + write("access.yaml", "nodes: []")
            + "\n";
    ServiceSettings asIs = ServiceSettings.read(write("as-is.yaml", sample + files));
    String uncommented =
        sample
            .lines()
            .filter(l -> !l.matches("#(image-policy|grid-mapfile|access|voms-directory):.*"))
            .filter(l -> !l.contains("password-file"))
            .map(l -> l.matches("\\s*#[a-z-]+:.*") ? l.replaceFirst("#", "") : l)
            .collect(Collectors.joining("\n"));
    ServiceSettings all = ServiceSettings.read(write("all.yaml", uncommented + files));
    assertEquals(asIs, all);
  }

  @Test
  void aMissingFileIsOneMistake() {
    InvalidSettingsException refused =
        assertThrows(
            InvalidSettingsException.class,
            () -> ServiceSettings.read(directory.resolve("nothing.yaml")));
    assertTrue(refused.getMessage().contains("nothing.yaml"), refused.getMessage());
  }

  private Path policy() throws IOException {
    return write(
        "policy.yaml",
        "forms: [cms]",
        "signers:",
        "  - dn: \"/DC=org/DC=hospes/CN=Bob Builder\"",
        "    vos: [demo]");
  }

  private Path write(String name, String... lines) throws IOException {
    return Files.writeString(directory.resolve(name), String.join("\n", lines) + "\n");
  }
}
