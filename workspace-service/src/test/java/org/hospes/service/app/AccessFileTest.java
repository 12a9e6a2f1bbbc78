package org.hospes.service.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.hospes.image.Digest;
import org.hospes.service.admission.AccessRules;
import org.hospes.service.admission.RunPolicy;
import org.hospes.settings.InvalidSettingsException;
import org.hospes.settings.Watched;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessFileTest {
  private static final Path SAMPLES = Path.of("src/main/dist/etc/hospes");
  @TempDir Path directory;

  @Test
  void theSampleHoldsTheDefaults() throws Exception {
    String sample = Files.readString(SAMPLES.resolve("service-access.yaml"));
    RunPolicy asIs = AccessFile.load(write(sample), false).run();
    String uncommented =
        sample
            .lines()
            .map(l -> l.matches("\\s*#[a-z-]+:.*") ? l.replaceFirst("#", "") : l)
            .collect(Collectors.joining("\n"));
    assertTrue(!uncommented.equals(sample.strip()), "nothing was uncommented");
    RunPolicy all = AccessFile.load(write(uncommented), false).run();
    assertEquals(asIs.quotas().person().workspaces(), all.quotas().person().workspaces());
    assertEquals(asIs.quotas().person().cpus(), all.quotas().person().cpus());
    assertEquals(asIs.quotas().person().memoryBytes(), all.quotas().person().memoryBytes());
    assertEquals(asIs.lease(), all.lease());
    assertEquals(asIs.limitedProxies(), all.limitedProxies());
    assertEquals(asIs.rules(), all.rules());
    assertEquals(List.of(), asIs.warnings());
    assertEquals(1, AccessFile.load(write(sample), false).nodes().size());
  }

  @Test
  void theExampleReadsWithoutDoubts() throws Exception {
    RunPolicy example = AccessFile.load(SAMPLES.resolve("service-access.example.yaml"), true).run();
    assertEquals(List.of(), example.warnings());
    assertTrue(example.rules().size() >= 4, example.rules().toString());
    assertTrue(!example.quotas().organisations().isEmpty());
  }

  @Test
  void theDigestIsThatOfTheFile() throws Exception {
    Path file = write("operators: [] # nobody\n");
    assertEquals(
        Digest.sha256Of(Files.readAllBytes(file)), AccessFile.load(file, false).run().digest());
  }

  @Test
  void everyMistakeIsToldAtOnceWithItsLine() throws Exception {
    Path file =
        write(
            """
            limits: {max-cpus: many}
            run:
              rules:
                - {id: a, dn: }
                - {id: b, fqan: []}
                - {id: c, mapfile: false}
                - {id: d, dn: nobody}
                - {id: e, fqan: atlas}
                - {id: a, fqan: /atlas/Role=x}
                - {id: f, mapfile: true, cpus: 0}
                - {id: g, mapfile: true, lease: 0s}
                - {id: h, mapfile: true, refuse: true, cpus: 3}
                - {id: i}
                - {id: "j k", mapfile: true}
                - {id: l, mapfile: true, cpu: 3}
                - {id: m, mapfile: true, memory: }
              quotas:
                - {cpus: 1}
                - {vo: atlas, dn: "/CN=x", cpus: 1}
                - {vo: /atlas, cpus: 1}
                - {vo: cms}
                - {vo: lhcb, cpus: }
                - {vo: demo, cpus: 1}
                - {vo: demo, cpus: 2}
            """);
    String message =
        assertThrows(InvalidSettingsException.class, () -> AccessFile.load(file, true))
            .getMessage();
    for (String expected :
        List.of(
            ":1: limits.max-cpus",
            ":4: run.rules[0].dn",
            ":5: run.rules[1].fqan",
            ":6: run.rules[2].mapfile",
            ":7: run.rules[3].dn",
            ":8: run.rules[4].fqan",
            ":9: run.rules[5].id",
            ":10: run.rules[6].cpus",
            ":11: run.rules[7].lease",
            ":12: run.rules[8].refuse",
            ":13: run.rules[9].id",
            ":14: run.rules[10].id",
            ":15: run.rules[11].cpu: unknown key; did you mean 'cpus'",
            ":16: run.rules[12].memory",
            ":18: run.quotas[0].dn",
            ":19: run.quotas[1].dn",
            ":20: run.quotas[2].vo",
            ":21: run.quotas[3].workspaces",
            ":22: run.quotas[4].cpus",
            ":24: run.quotas[6].vo")) {
      assertTrue(message.contains(expected), expected + " in\n" + message);
    }
  }

  @Test
  void rulesByAttributesNeedAVomsDirectory() throws Exception {
    Path file = write("run: {rules: [{fqan: /atlas}]}\n");
    assertEquals(1, AccessFile.load(file, true).run().rules().size());
    String message =
        assertThrows(InvalidSettingsException.class, () -> AccessFile.load(file, false))
            .getMessage();
    assertTrue(message.contains("voms-directory"), message);
  }

  /** Left empty, none of these may mean that more people run. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '>',
      value = {
        "'run:' > run",
        "'run: {rules: }' > run.rules",
        "'run: {quotas: }' > run.quotas",
        "'run: {rules: [{mapfile: }]}' > run.rules[0].mapfile",
        "'run: {rules: [{dn: \"/CN=a\", mapfile: }]}' > run.rules[0].mapfile",
        "'run: {rules: [{dn: \"/CN=a\", fqan: null}]}' > run.rules[0].fqan",
        "'run: {rules: [{dn: \"/CN=a\", refuse: }]}' > run.rules[0].refuse"
      })
  void whatIsLeftEmptyIsAMistake(String yaml, String key) throws Exception {
    Path file = write(yaml + "\n");
    String message =
        assertThrows(InvalidSettingsException.class, () -> AccessFile.load(file, true))
            .getMessage();
    assertTrue(message.contains(key + ": has no value"), message);
  }

  @Test
  void noRuleMeansNobodyAndIsDoubted() throws Exception {
    RunPolicy nobody = AccessFile.load(write("run: {rules: []}\n"), false).run();
    assertEquals(List.of(), nobody.rules());
    assertEquals(1, nobody.warnings().size(), nobody.warnings().toString());
  }

  /** Rules, and which of them never decides, counted from 0; nothing when each may. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '>',
      value = {
        "'{mapfile: true}, {dn: /CN=a}' > ''",
        "'{mapfile: true}, {dn: /CN=a, mapfile: true}' > 1",
        "'{dn: /CN=a}, {dn: /CN=a, fqan: /x}' > 1",
        "'{dn: /CN=a, fqan: /x}, {dn: /CN=a}' > ''",
        "'{dn: /CN=a}, {dn: /CN=b}, {dn: [/CN=a, /CN=b]}' > 2",
        "'{dn: /CN=a}, {dn: [/CN=a, /CN=b]}' > ''",
        "'{fqan: /x/*}, {fqan: /x/y/Role=z}' > 1",
        "'{fqan: /x/*}, {fqan: /xy}' > ''",
        "'{fqan: /x/Role=*}, {fqan: /x/Role=a}' > 1",
        "'{fqan: /x/Role=*}, {fqan: /x}' > ''",
        "'{fqan: /x/Role=*}, {fqan: /x/*}' > ''",
        "'{fqan: /x}, {fqan: /x/Role=a}' > ''",
        "'{fqan: /x}, {fqan: /x/*/Role=NULL}' > ''",
        "'{fqan: /x/*/Role=NULL}, {fqan: /x}' > 1",
        "'{fqan: /x/*/Role=a}, {fqan: /x/y/*/Role=a}' > 1",
        "'{fqan: [/x, /y]}, {fqan: /y}' > 1",
        "'{fqan: /y}, {fqan: [/x, /y]}' > ''",
        "'{dn: /CN=a, fqan: /x}, {dn: /CN=b, fqan: /x}, {dn: [/CN=b, /CN=a], fqan: /x}' > 2",
        "'{dn: /CN=a, refuse: true}, {dn: /CN=a}' > 1"
      })
  void aRuleThatNeverDecidesIsDoubted(String rules, String shadowed) throws Exception {
    RunPolicy policy = AccessFile.load(write("run: {rules: [" + rules + "]}\n"), true).run();
    List<String> doubts =
        policy.warnings().stream().filter(warning -> warning.contains("never")).toList();
    assertEquals(shadowed.isEmpty() ? 0 : 1, doubts.size(), doubts.toString());
    if (!shadowed.isEmpty()) {
      assertTrue(doubts.get(0).contains("rules[" + shadowed + "]"), doubts.get(0));
      assertTrue(doubts.get(0).contains("service-access.yaml:1"), doubts.get(0));
    }
  }

  @Test
  void aFileWithAMistakeLeavesTheGoodOneInForce() throws Exception {
    Path file = write("run: {rules: [{id: one, mapfile: true}]}\n");
    try (Watched<AccessRules> watched =
        new Watched<>(List.of(file), Duration.ofHours(1), () -> AccessFile.load(file, false))) {
      for (String bad :
          List.of(
              "run: {rules: [{id: two}]}", "run: [", "\u0000", "", "run: {rules: [{fqan: /x}]}")) {
        if (bad.isEmpty()) {
          Files.write(file, new byte[] {'a', ':', ' ', (byte) 0xff});
        } else {
          write(bad + "\n");
        }
        watched.check();
        assertEquals("one", watched.get().run().rules().get(0).name().id());
        assertTrue(watched.lastProblem().isPresent(), bad);
      }
      Files.delete(file);
      watched.check();
      assertEquals("one", watched.get().run().rules().get(0).name().id());
      write("run: {rules: [{id: three, mapfile: true}]}\n");
      assertTrue(watched.check());
      assertEquals("three", watched.get().run().rules().get(0).name().id());
      assertEquals(Optional.empty(), watched.lastProblem());
    }
  }

  private Path write(String text) throws IOException {
    return Files.writeString(directory.resolve("service-access.yaml"), text);
  }
}
