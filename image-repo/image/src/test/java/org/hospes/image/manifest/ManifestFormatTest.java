package org.hospes.image.manifest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.hospes.image.BootInformation;
import org.hospes.image.Digest;
import org.hospes.image.DiskFormat;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.Manifest;
import org.hospes.image.testimages.TestDisks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestFormatTest {
  private static final String ZEROS = "0".repeat(64);

  @TempDir Path directory;

  @Test
  void readsWhatTheMakerDescribed() throws Exception {
    Path disk = TestDisks.mbr(directory.resolve("disk"), (5 << 20) + 512, 1);
    Manifest made =
        ManifestMaker.describe(
            disk, "sl6", "1", Optional.of("demo"), BootInformation.OWN_LOADER, "/DC=org/CN=Bob");
    assertEquals(6, made.chunks().size());
    assertEquals(512, made.chunkLength(5));
    assertEquals(made, ManifestFormat.parse(ManifestFormat.write(made)));
  }

  @Test
  void keepsASiteKernel() throws Exception {
    Manifest manifest =
        new Manifest(
            "sl6",
            "1",
            DiskFormat.QCOW2,
            4096,
            1 << 20,
            Digest.sha1(new byte[20]),
            Digest.sha256(new byte[32]),
            4096,
            List.of(Digest.sha256(new byte[32])),
            new BootInformation(
                BootInformation.Mode.SITE_KERNEL, Optional.of("vmlinuz-6.1"), Optional.of("ro")),
            "/DC=org/CN=Bob",
            Optional.empty());
    assertEquals(manifest, ManifestFormat.parse(ManifestFormat.write(manifest)));
  }

  @Test
  void chunksStaySoFewThatTheManifestFitsIntoAMessage() {
    for (long bytes = 512; bytes < 1L << 42; bytes *= 3) {
      long chunk = ManifestMaker.chunkBytes(bytes);
      assertTrue((bytes - 1) / chunk + 1 <= 4096, bytes + " bytes in chunks of " + chunk);
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "an unknown key            | \"version\": \"1\" | \"version\": \"1\", \"kernel\": \"k\"",
        "a key twice               | \"version\": \"1\" | \"version\": \"1\", \"version\": \"2\"",
        "a missing key             | \"version\": \"1\", |",
        "another manifest version  | \"manifest\": 1 | \"manifest\": 2",
        "a number as text          | \"bytes\": 4096, \"virtual | \"bytes\": \"4096\", \"virtual",
        "a fraction                | \"bytes\": 4096, \"virtual | \"bytes\": 4096.5, \"virtual",
        "a number beyond long      | \"bytes\": 4096, \"virtual | \"bytes\": 99999999999999999999, \"virtual",
        "a negative length         | \"bytes\": 4096, \"virtual | \"bytes\": -4096, \"virtual",
        "a path as a name          | \"sl6\" | \"../sl6\"",
        "a control character       | \"sl6\" | \"sl6\\u0007\"",
        "a raw disk of two sizes   | \"virtualBytes\": 4096 | \"virtualBytes\": 8192",
        "another format            | \"raw\" | \"vmdk\"",
        "chunks too large          | {\"bytes\": 4096 | {\"bytes\": 4294971392",
        "chunks too small          | {\"bytes\": 4096 | {\"bytes\": 1",
        "a digest cut short        | 00\"} | \"}",
        "no DN                     | /DC=org/CN=Bob | Bob",
        "a kernel beside a loader  | \"own-loader\" | \"own-loader\", \"kernel\": \"k\"",
        "a command line of two lines | \"own-loader\" | \"site-kernel\", \"kernel\": \"k\", \"commandLine\": \"a\\nb\"",
        "an array                  | {\"manifest\" | [{\"manifest\"",
        "something behind the end  | \"own-loader\"}} | \"own-loader\"}} {}",
      })
  void refuses(String what, String from, String to) {
    String good = good();
    String bad = good.replace(from, to == null ? "" : to);
    assertTrue(!bad.equals(good), "nothing was replaced");
    assertEquals("image.manifest.invalid", refuse(bad).code(), what);
  }

  @Test
  void theGoodOneOfTheseTestsIsGood() throws Exception {
    assertEquals("sl6", ManifestFormat.parse(good().getBytes(StandardCharsets.UTF_8)).name());
  }

  @Test
  void refusesDepthAndLengthWithoutFallingOver() {
    assertEquals("image.manifest.invalid", refuse("[".repeat(100_000)).code());
    assertEquals("image.manifest.invalid", refuse("{\"a\":".repeat(100_000)).code());
    assertEquals("image.manifest.invalid", refuse("").code());
    assertEquals("image.manifest.invalid", refuse(" ".repeat(ManifestFormat.LARGEST + 1)).code());
    assertEquals("image.manifest.invalid", refuse("\ufeff" + good()).code());
  }

  private static String good() {
    return "{\"manifest\": 1, \"name\": \"sl6\", \"version\": \"1\", \"signer\": \"/DC=org/CN=Bob\","
        + " \"disk\": {\"format\": \"raw\", \"bytes\": 4096, \"virtualBytes\": 4096, \"sha1\": \""
        + "0".repeat(40)
        + "\", \"sha256\": \""
        + ZEROS
        + "\"}, \"chunks\": {\"bytes\": 4096, \"sha256\": [\""
        + ZEROS
        + "\"]}, \"boot\": {\"mode\": \"own-loader\"}}";
  }

  private static ImageRefusedException refuse(String json) {
    return assertThrows(
        ImageRefusedException.class,
        () -> ManifestFormat.parse(json.getBytes(StandardCharsets.UTF_8)));
  }
}
