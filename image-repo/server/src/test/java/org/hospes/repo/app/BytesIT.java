package org.hospes.repo.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.fetch.FetchLimits;
import org.hospes.image.fetch.FetchProgress;
import org.hospes.image.fetch.FetchedImage;
import org.hospes.image.fetch.HttpRangeSource;
import org.hospes.image.fetch.ImageFetch;
import org.hospes.image.fetch.RangeSource;
import org.hospes.image.fetch.TlsRangeSource;
import org.hospes.image.manifest.ManifestFormat;
import org.hospes.image.testimages.TestDisks;
import org.hospes.image.testimages.TestSignatures;
import org.hospes.trust.credential.Credential;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BytesIT {
  private static final int SIZE = 24 << 20;

  @TempDir static Path directory;
  private RepositorySite site;
  private byte[] disk;
  private SignedImage image;
  private String address;

  @BeforeAll
  void publish() throws Exception {
    site = new RepositorySite(directory).start();
    Path file = TestDisks.mbr(directory.resolve("disk"), SIZE, 1);
    disk = Files.readAllBytes(file);
    image = TestSignatures.sign(file, "sl6", "1", SignatureForm.CLASSIC_SHA1, site.bob);
    site.publish(site.bob, "sl6", "1", image, file);
    address = "/images/sha256/" + Digest.sha256Of(disk).hex();
  }

  @AfterAll
  void stop() throws Exception {
    site.close();
  }

  @Test
  void servesTheWholeDiskWithItsDigest() throws Exception {
    HttpResponse<byte[]> answer = get(site.node, address, null);
    assertEquals(200, answer.statusCode());
    assertArrayEquals(disk, answer.body());
    assertEquals("\"sha256:" + address.substring(15) + "\"", header(answer, "ETag"));
    assertEquals("bytes", header(answer, "Accept-Ranges"));
  }

  @ParameterizedTest
  @CsvSource({
    "bytes=0-0, 0, 1",
    "bytes=100-299, 100, 300",
    "bytes=25165000-, 25165000, 25165824",
    "bytes=-824, 25165000, 25165824",
    "bytes=25165000-99999999, 25165000, 25165824",
    "bytes=-99999999, 0, 25165824",
  })
  void servesARange(String range, int from, int to) throws Exception {
    HttpResponse<byte[]> answer = get(site.node, address, range);
    assertEquals(206, answer.statusCode());
    assertArrayEquals(Arrays.copyOfRange(disk, from, to), answer.body());
    assertEquals("bytes " + from + "-" + (to - 1) + "/" + SIZE, header(answer, "Content-Range"));
  }

  @ParameterizedTest
  @CsvSource({"bytes=5-4", "'bytes=1-2,5-6'", "lines=1-2", "bytes=-", "bytes=a-b"})
  void answersARangeThatIsNoneWithTheWhole(String range) throws Exception {
    assertEquals(200, get(site.node, address, range).statusCode());
  }

  @Test
  void answersARangeBehindTheEndWithTheLength() throws Exception {
    HttpResponse<byte[]> answer = get(site.node, address, "bytes=25165824-");
    assertEquals(416, answer.statusCode());
    assertEquals("bytes */" + SIZE, header(answer, "Content-Range"));
  }

  @Test
  void headSaysHowLongItIs() throws Exception {
    HttpResponse<byte[]> answer =
        site.bytes(site.node)
            .send(
                HttpRequest.newBuilder(site.at(address))
                    .method("HEAD", HttpRequest.BodyPublishers.noBody())
                    .build(),
                HttpResponse.BodyHandlers.ofByteArray());
    assertEquals(200, answer.statusCode());
    assertEquals("" + SIZE, header(answer, "Content-Length"));
  }

  @ParameterizedTest
  @CsvSource({
    "/images/sha256/00",
    "/images/sha1/0000000000000000000000000000000000000000",
    "/images/sha256/0000000000000000000000000000000000000000000000000000000000000000",
    "/images/sha256/%2e%2e%2fnames",
    "/images/",
  })
  void knowsNothingElse(String path) throws Exception {
    int status = get(site.node, path, null).statusCode();
    assertEquals(true, status == 404 || status == 400, path + ": " + status);
  }

  @Test
  void refusesWhoMayNotRead() throws Exception {
    assertEquals(403, get(site.pki.user("Eve"), address, null).statusCode());
    assertEquals(200, get(site.bob, address, "lines=").statusCode());
    Credential stranger = site.pki.otherCa().user("Bob Builder");
    assertThrows(IOException.class, () -> get(stranger, address, null));
    Credential late = site.pki.expired("node1.example.org");
    assertThrows(IOException.class, () -> get(late, address, null));
    // A line is written by whoever answered, in its own time.
    site.awaitAudit("\"code\":\"path.ca.unknown\"");
    site.awaitAudit("\"code\":\"path.expired\"");
    assertEquals(true, site.audit().contains("\"event\":\"handshake\""), site.audit());
  }

  @Test
  void slowReadersDoNotTakeEveryPlace() throws Exception {
    // Its own: a place of the one that others read from may not be free yet again.
    Path folder = Files.createDirectory(directory.resolve("own"));
    try (RepositorySite own = new RepositorySite(folder).start()) {
      Path file = TestDisks.mbr(folder.resolve("disk"), SIZE, 1);
      own.publish(
          own.bob,
          "sl6",
          "1",
          TestSignatures.sign(file, "sl6", "1", SignatureForm.CMS, own.bob),
          file);
      slowReaders(own);
    }
  }

  private void slowReaders(RepositorySite site) throws Exception {
    List<InputStream> slow = new ArrayList<>();
    try {
      int refused = 0;
      // The site gives four downloads at once; each reader takes a little and then no more.
      for (int i = 0; i < 6; i++) {
        HttpResponse<InputStream> answer =
            site.bytes(site.node)
                .send(
                    HttpRequest.newBuilder(site.at(address)).build(),
                    HttpResponse.BodyHandlers.ofInputStream());
        slow.add(answer.body());
        if (answer.statusCode() == 503) {
          assertEquals("5", header(answer, "Retry-After"));
          refused++;
        }
      }
      assertEquals(2, refused);
    } finally {
      for (InputStream stream : slow) {
        stream.close();
      }
    }
    long end = System.nanoTime() + RepositorySite.PATIENCE.toNanos();
    int status = 503;
    while (status == 503 && System.nanoTime() < end) {
      Thread.sleep(100);
      status = get(site, site.node, address, "bytes=0-0").statusCode();
    }
    assertEquals(206, status);
  }

  @Test
  void aNodeFetchesAndResumes() throws Exception {
    Path partial = directory.resolve("partial");
    for (RangeSource source : sources()) {
      Files.write(partial, Arrays.copyOf(disk, 3_000_000));
      FetchedImage fetched = fetch(source, partial);
      assertEquals(2 << 20, fetched.resumedBytes());
      assertEquals(SIZE - (2 << 20), fetched.transferredBytes());
      assertArrayEquals(disk, Files.readAllBytes(partial));
    }
  }

  @Test
  void aSourceSaysWhatItFoundInsteadOfARange() {
    for (RangeSource source : sources()) {
      IOException failed =
          assertThrows(IOException.class, () -> source.open(site.at("/images/sha256/00"), 0, 10));
      assertEquals(true, failed.getMessage().contains("found 404"), failed.getMessage());
      assertThrows(
          IOException.class, () -> source.open(java.net.URI.create("http://localhost/"), 0, 1));
    }
  }

  @Test
  void aNodeRefusesABitThatWasFlippedInTheStore() throws Exception {
    Path stored = directory.resolve("store/disks").resolve(Digest.sha256Of(disk).hex());
    byte[] flipped = disk.clone();
    flipped[3_000_000] ^= 1;
    Files.setPosixFilePermissions(
        stored, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
    Files.write(stored, flipped);
    try {
      ImageRefusedException refused =
          assertThrows(
              ImageRefusedException.class,
              () -> fetch(sources().get(1), directory.resolve("flipped")));
      assertEquals("image.digest.mismatch", refused.code());
      assertEquals(false, Files.exists(directory.resolve("flipped")));
    } finally {
      Files.write(stored, disk);
    }
  }

  private List<RangeSource> sources() {
    Duration patience = RepositorySite.PATIENCE;
    return List.of(
        new HttpRangeSource(site.bytes(site.node), patience),
        new TlsRangeSource(site.tls(site.node), patience));
  }

  private FetchedImage fetch(RangeSource source, Path partial) throws Exception {
    return new ImageFetch(source, FetchLimits.DEFAULT)
        .fetch(
            List.of(site.at(address)),
            ManifestFormat.parse(image.manifest()),
            partial,
            FetchProgress.SILENT);
  }

  private HttpResponse<byte[]> get(Credential who, String path, String range) throws Exception {
    return get(site, who, path, range);
  }

  private static HttpResponse<byte[]> get(
      RepositorySite site, Credential who, String path, String range) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(site.at(path));
    if (range != null) {
      request.header("Range", range);
    }
    return site.bytes(who).send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private static String header(HttpResponse<?> answer, String name) {
    return answer.headers().firstValue(name).orElse("");
  }
}
