package org.hospes.settings;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A configuration as operators write it, with what they get wrong. */
class SettingsTest {
  private final Problems problems = new Problems();

  @Test
  void readsWhatIsWritten() {
    Settings settings =
        parse(
            """
            name: node1            # a comment
            address: https://node1.example.org:9445
            listen: 127.0.0.1:9445
            refresh: 90s
            cache:
              directory: /var/cache/hospes
              max-size: 20G
            limits: {cpus: 4, strict: yes}
            dns: ["/O=Grid/CN=a", '/O=Grid/CN=b']
            one: "/O=Grid/CN=c"
            nodes:
              - name: a
              - name: b
            empty:
            """);
    assertEquals("node1", settings.text("name"));
    assertEquals(URI.create("https://node1.example.org:9445"), settings.uri("address"));
    assertEquals(9445, settings.address("listen", "0.0.0.0:1").getPort());
    assertEquals(Duration.ofSeconds(90), settings.duration("refresh", Duration.ZERO));
    Settings cache = settings.section("cache");
    assertEquals(Path.of("/var/cache/hospes"), cache.path("directory"));
    assertEquals(20L << 30, cache.size("max-size", 0));
    assertEquals(4, settings.section("limits").integer("cpus", 1, 8, 2));
    assertTrue(settings.section("limits").flag("strict", false));
    assertEquals(List.of("/O=Grid/CN=a", "/O=Grid/CN=b"), settings.texts("dns"));
    assertEquals(List.of("/O=Grid/CN=c"), settings.texts("one"));
    assertEquals(
        List.of("a", "b"),
        settings.sections("nodes").stream().map(node -> node.text("name")).toList());
    assertEquals(Optional.empty(), settings.optional("empty"));
    assertEquals(List.of(), problems.list());
  }

  @Test
  void whatIsAbsentHasItsDefault() {
    Settings settings = parse("");
    assertEquals("x", settings.text("a", "x"));
    assertEquals(7, settings.integer("b", 1, 9, 7));
    assertEquals(List.of(), settings.texts("c"));
    assertEquals(List.of(), settings.sections("d"));
    assertEquals(5L, settings.section("e").size("f", 5));
    assertEquals(Path.of("/x"), settings.path("g", Path.of("/x")));
    assertEquals(1, settings.address("h", "127.0.0.1:1").getPort());
    settings.done();
    assertDoesNotThrow(problems::throwIfAny);
  }

  @Test
  void everyMistakeIsToldAtOnceWithItsKeyAndLine() {
    Settings settings =
        Settings.parse(
            """
            listen: nowhere
            lease: 4 fortnights
            cache:
              max-size: huge
              direktory: /var/cache
            cpus: 400
            """,
            "etc/node-agent.yaml",
            problems);
    settings.address("listen", "0.0.0.0:9445");
    settings.duration("lease", Duration.ofHours(4));
    settings.section("cache").size("max-size", 1);
    settings.section("cache").path("directory", Path.of("/x"));
    settings.integer("cpus", 1, 64, 1);
    settings.text("name");
    settings.done();
    InvalidSettingsException e = assertThrows(InvalidSettingsException.class, problems::throwIfAny);
    assertEquals(
        List.of("listen@1", "name@1", "lease@2", "cache.max-size@4", "cache.direktory@5", "cpus@6"),
        e.problems().stream().map(problem -> problem.key() + "@" + problem.line()).toList());
    String[] lines = e.getMessage().split("\n");
    assertEquals(6, lines.length);
    assertTrue(
        e.getMessage()
            .contains(
                "etc/node-agent.yaml:5: cache.direktory: unknown key;"
                    + " did you mean 'directory'?"),
        e::getMessage);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a: [1, 2] | one value expected",
        "a: {b: c} | one value expected",
        "a: | has no value",
        "b: 1 | is required and missing",
        "a: '' | must not be empty",
      })
  void aRequiredTextIsOne(String yaml, String message) {
    assertEquals("", parse(yaml).text("a"));
    assertEquals(1, problems.list().size(), () -> problems.list().toString());
    assertTrue(
        problems.list().get(0).message().contains(message), () -> problems.list().toString());
  }

  @Test
  void aKeyThatStandsTwiceIsAMistake() {
    Settings settings = parse("a: 1\nb: 2\na: 3\n");
    assertEquals("1", settings.text("a"));
    assertEquals(3, problems.list().get(0).line());
    assertTrue(problems.list().get(0).message().contains("line 1"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a: [1\nb: 2", "- a\n- b", "just text", "a: 1\n\t- b: 2", "a: &x 1\n:"})
  void whatIsNoMappingIsOneMistakeAndNoMore(String yaml) {
    Settings settings = parse(yaml);
    settings.text("required");
    settings.section("s").path("also-required");
    settings.done();
    assertEquals("", problems.list().get(0).key());
    assertEquals(1, problems.list().size(), () -> problems.list().toString());
  }

  @Test
  void pathsAreTakenFromTheFilesOwnDirectory(@TempDir Path dir) throws Exception {
    Path file = Files.writeString(dir.resolve("a.yaml"), "key: host/key.pem\nca: /etc/ca\n");
    Settings settings = Settings.read(file, problems);
    assertEquals(dir.resolve("host/key.pem"), settings.path("key"));
    assertEquals(Path.of("/etc/ca"), settings.path("ca"));
  }

  @Test
  void aMissingFileIsOneMistake(@TempDir Path dir) {
    Settings settings = Settings.read(dir.resolve("none.yaml"), problems);
    settings.text("name");
    settings.done();
    assertEquals(1, problems.list().size());
    assertTrue(problems.list().get(0).toString().endsWith("none.yaml: the file is missing"));
  }

  @Test
  void valuesOfOnesOwnAreReadAndRefused() {
    Settings settings = parse("a: 7\nb: x\nc: [1, x]\n");
    assertEquals(Integer.valueOf(7), settings.<Integer>parsed("a", Integer::valueOf));
    assertEquals(3, settings.parsed("b", Integer::valueOf, 3));
    assertEquals(List.of(1), settings.parsedList("c", Integer::valueOf));
    settings.problem("a", "seven is too many");
    assertEquals(List.of("b", "c", "a"), problems.list().stream().map(Problem::key).toList());
  }

  @ParameterizedTest
  @CsvSource({
    "512,512",
    "1K,1024",
    "2G,2147483648",
    "64MiB,67108864",
    "1.5GiB,1610612736",
    "1kB,1000",
    "3 T,3298534883328",
    "1gb,1000000000",
    "0,0"
  })
  void sizes(String text, long bytes) {
    assertEquals(bytes, ByteSize.parse(text));
    assertEquals(bytes, ByteSize.parse(Long.toString(ByteSize.parse(text))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "G", "-1G", "1X", "1.0000001", "99999999999999T", "1 2", "0x10"})
  void noSizes(String text) {
    assertThrows(IllegalArgumentException.class, () -> ByteSize.parse(text));
  }

  @ParameterizedTest
  @CsvSource({
    "0,0 B",
    "1023,1023 B",
    "1024,1 KiB",
    "1610612736,1.5 GiB",
    "67108864,64 MiB",
    "9223372036854775807,8.0 EiB"
  })
  void sizesForPeople(long bytes, String text) {
    assertEquals(text, ByteSize.format(bytes));
  }

  @ParameterizedTest
  @CsvSource({
    "90s,PT90S,1m30s",
    "4h,PT4H,4h",
    "2d,PT48H,2d",
    "1h30m,PT90M,1h30m",
    "500ms,PT0.5S,500ms",
    "0s,PT0S,0s",
    "15m,PT15M,15m",
    "1d 2h,PT26H,1d2h"
  })
  void durations(String text, Duration duration, String written) {
    assertEquals(duration, Durations.parse(text));
    assertEquals(written, Durations.format(duration));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "4", "h", "4h4h", "-4h", "1.5h", "4 hours"})
  void noDurations(String text) {
    assertThrows(IllegalArgumentException.class, () -> Durations.parse(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"host", ":80", "1.2.3.4:", "1.2.3.4:99999", "::1:80", "1.2.3.4:x"})
  void noAddresses(String text) {
    Settings settings = parse("a: \"" + text + "\"");
    assertEquals(1, settings.address("a", "127.0.0.1:1").getPort());
    assertEquals(1, problems.list().size());
  }

  @Test
  void addressesOfTheSixthVersionStandInBrackets() {
    assertEquals(9443, parse("a: \"[::1]:9443\"").address("a", "127.0.0.1:1").getPort());
  }

  private Settings parse(String yaml) {
    return Settings.parse(yaml, "test.yaml", problems);
  }
}
