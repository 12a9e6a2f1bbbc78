package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Five mistakes in a file are answered with all five, before anything starts. */
@EndToEnd
class ConfigurationE2eTest {
  private static final int WRONG_USAGE = 2;

  private final Site site;

  ConfigurationE2eTest(Site site) {
    this.site = site;
  }

  @Test
  void theRepositorys() throws Exception {
    fiveMistakes(
        "image-repo",
        site.config("image-repo", "image-repo.yaml"),
        "listen: nowhere",
        "address: http://repo.example.org",
        "reload: soon",
        "catalogue-validity: 1 fortnight",
        "colour: blue");
  }

  @Test
  void theServices() throws Exception {
    fiveMistakes(
        "workspace-service",
        site.config("workspace-service", "workspace-service.yaml"),
        "listen: nowhere",
        "heartbeat: often",
        "lease-default: for ever",
        "legacy-proxies: perhaps",
        "colour: blue");
  }

  @Test
  void theAgents() throws Exception {
    fiveMistakes(
        "node-agent",
        site.config("node1", "node-agent.yaml"),
        "listen: nowhere",
        "name: \"no name\"",
        "address: http://node1.example.org:9445",
        "patience: little",
        "colour: blue");
  }

  private void fiveMistakes(String program, Path good, String... mistakes) throws Exception {
    List<String> lines = new ArrayList<>(Files.readAllLines(good));
    for (String mistake : mistakes) {
      lines.removeIf(line -> line.startsWith(key(mistake) + ":"));
    }
    lines.addAll(List.of(mistakes));
    Path bad = site.directory().resolve("run/" + program + "-with-mistakes.yaml");
    Files.write(bad, lines);
    for (List<String> how : List.of(List.<String>of(), List.of("--check"))) {
      List<String> arguments = new ArrayList<>(List.of("--config", bad.toString()));
      arguments.addAll(how);
      Shell.Result answer = site.program(program, arguments.toArray(String[]::new));
      assertEquals(WRONG_USAGE, answer.exit(), answer.err());
      String said = answer.out() + answer.err();
      for (String mistake : mistakes) {
        int line = lines.indexOf(mistake) + 1;
        assertTrue(
            said.lines()
                .anyMatch(
                    l ->
                        l.contains(bad.getFileName() + ":" + line + ":")
                            && l.contains(key(mistake))),
            mistake + " in line " + line + " is not among\n" + said);
      }
    }
  }

  private static String key(String mistake) {
    return mistake.substring(0, mistake.indexOf(':'));
  }
}
