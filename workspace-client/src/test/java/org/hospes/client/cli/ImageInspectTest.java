package org.hospes.client.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.hospes.client.cli.TypedCommand.Outcome;
import org.hospes.image.testimages.TestDisks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code workspace image inspect} as somebody types it who has nothing but a file. */
class ImageInspectTest {
  @TempDir Path home;

  private Outcome inspect(String... arguments) {
    String[] all = new String[arguments.length + 2];
    all[0] = "image";
    all[1] = "inspect";
    System.arraycopy(arguments, 0, all, 2, arguments.length);
    return TypedCommand.type(Map.of(), home, all);
  }

  private static JsonNode json(Outcome outcome) throws Exception {
    JsonNode json = new ObjectMapper().readTree(outcome.out());
    List<String> names = new java.util.ArrayList<>();
    json.fieldNames().forEachRemaining(names::add);
    assertEquals(List.of("accepted", "format", "virtualSize", "reasons"), names);
    return json;
  }

  @Test
  void takesADiskOfEachFormat() throws Exception {
    Path raw = TestDisks.mbr(home.resolve("raw"), 1 << 20, 1);
    Outcome outcome = inspect(raw.toString(), "-o", "json");
    assertEquals(0, outcome.exit(), outcome.err());
    assertEquals("", outcome.err());
    assertTrue(json(outcome).get("accepted").asBoolean());
    assertEquals("raw", json(outcome).get("format").asText());
    assertEquals(1 << 20, json(outcome).get("virtualSize").asLong());
    assertEquals(0, json(outcome).get("reasons").size());
    Path qcow2 = TestDisks.write(home.resolve("qcow2"), TestDisks.qcow2(1L << 40));
    outcome = inspect("-o", "json", qcow2.toString());
    assertEquals("qcow2", json(outcome).get("format").asText());
    assertEquals(1L << 40, json(outcome).get("virtualSize").asLong());
    outcome = inspect(qcow2.toString());
    assertEquals(0, outcome.exit());
    assertTrue(outcome.out().matches("(?s)accepted +yes\n.*"), outcome.out());
  }

  @Test
  void refusesWithTheReason() throws Exception {
    byte[] disk = TestDisks.qcow2(1L << 30);
    byte[] name = "/etc/shadow".getBytes(ISO_8859_1);
    ByteBuffer.wrap(disk).putLong(8, 512).putInt(16, name.length).put(512, name);
    Path backed = TestDisks.write(home.resolve("backed"), disk);
    Outcome outcome = inspect(backed.toString(), "-o", "json");
    assertEquals(5, outcome.exit());
    assertEquals("", outcome.err());
    assertEquals(false, json(outcome).get("accepted").asBoolean(true));
    assertEquals("qcow2", json(outcome).get("format").asText());
    assertTrue(json(outcome).get("virtualSize").isNull());
    assertEquals(1, json(outcome).get("reasons").size());
    String reason = json(outcome).at("/reasons/0").asText();
    assertTrue(reason.startsWith("image.disk.backing-file: "), reason);
    assertTrue(reason.contains("/etc/shadow"), reason);
    outcome = inspect(backed.toString());
    assertEquals(5, outcome.exit());
    assertTrue(outcome.out().contains("image.disk.backing-file"), outcome.out());
  }

  @Test
  void namesTheFormatThatItFoundInstead() throws Exception {
    byte[] disk = TestDisks.mbr(1 << 20, 1);
    System.arraycopy("KDMV".getBytes(ISO_8859_1), 0, disk, 0, 4);
    Path vmdk = TestDisks.write(home.resolve("vmdk"), disk);
    assertEquals("VMDK", json(inspect(vmdk.toString(), "-o", "json")).get("format").asText());
    Path nothing = Files.write(home.resolve("nothing"), new byte[0]);
    Outcome outcome = inspect(nothing.toString(), "-o", "json");
    assertEquals(5, outcome.exit());
    assertEquals("unknown", json(outcome).get("format").asText());
  }

  @Test
  void whatCannotBeReadIsAnErrorAndNoRefusal() {
    for (Path path : List.of(home.resolve("missing"), home, Path.of("/dev/null"))) {
      Outcome outcome = inspect(path.toString(), "-o", "json");
      assertEquals(2, outcome.exit(), path.toString());
      assertEquals("", outcome.out());
      assertTrue(outcome.err().contains(path.toString()), outcome.err());
    }
    assertEquals(2, inspect().exit());
  }

  @Test
  void settingsThatAreWrongAreNoneOfItsBusiness() throws Exception {
    Files.createDirectories(home.resolve(".hospes"));
    Files.writeString(home.resolve(".hospes/client.yaml"), "service: [\n");
    Path raw = TestDisks.mbr(home.resolve("raw"), 1 << 20, 1);
    assertEquals(0, inspect(raw.toString()).exit());
  }
}
