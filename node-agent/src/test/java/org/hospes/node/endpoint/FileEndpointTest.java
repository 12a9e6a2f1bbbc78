package org.hospes.node.endpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.hospes.contract.GuestFiles;
import org.hospes.image.fetch.RangeSource;
import org.hospes.image.fetch.TlsRangeSource;
import org.hospes.node.journal.Failure;
import org.hospes.node.sandbox.ExportedFile;
import org.hospes.node.sandbox.FileExports;
import org.hospes.node.sandbox.GuestFailedException;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.bytes.Holes;
import org.hospes.wire.bytes.HolesInput;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.refusal.Refusals;
import org.hospes.wire.security.SecureServer;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of guests over real sockets, to those who may have them. */
@Timeout(180)
class FileEndpointTest {
  private static final UUID GUEST = UUID.fromString("6f1d54d6-0a3b-4b52-9d4e-4a6f0a0c7a11");

  /** What one host may fetch, by name. */
  private static final class Exports implements FileExports {
    private final DistinguishedName who;
    private final Map<String, ExportedFile> files = new ConcurrentHashMap<>();

    Exports(Credential who) {
      this.who = DistinguishedName.ofSubject(who.leaf());
    }

    @Override
    public boolean admits(DistinguishedName caller) {
      return caller.equals(who);
    }

    @Override
    public Optional<ExportedFile> find(UUID guest, String name, DistinguishedName caller)
        throws GuestFailedException {
      assertEquals(who, caller, "asked only for those whom it admits");
      if (name.equals("later")) {
        throw GuestFailedException.refused(
            Failure.of(Failure.Category.CONFLICT, "guest.busy", "not now"));
      }
      return guest.equals(GUEST) ? Optional.ofNullable(files.get(name)) : Optional.empty();
    }
  }

  @TempDir Path root;
  private WireSite site;
  private SecureServer server;
  private FileEndpoint endpoint;
  private Exports forService;
  private Exports forPeer;
  private HttpClient service;
  private HttpClient peer;
  private byte[] bytes;
  private final List<Map<String, String>> audited = Collections.synchronizedList(new ArrayList<>());

  @BeforeEach
  void start() throws Exception {
    site = WireSite.create(root.resolve("pki"));
    Credential servicePapers = site.pki().host("service.example.org");
    Credential peerPapers = site.pki().host("node2.example.org");
    forService = new Exports(servicePapers);
    forPeer = new Exports(peerPapers);
    endpoint =
        new FileEndpoint(
            List.of(forService, forPeer),
            (event, facts) -> {
              assertEquals("file.fetch", event);
              audited.add(Map.copyOf(facts));
            });
    server = site.start(endpoint.on(site.server()));
    service = site.client(servicePapers).bytes(WireSite.LOCALHOST);
    peer = site.client(peerPapers).bytes(WireSite.LOCALHOST);
    bytes = new byte[700_001];
    new Random(1).nextBytes(bytes);
    export(forService, GuestFiles.FLAT, bytes);
  }

  @AfterEach
  void stop() throws Exception {
    site.close();
  }

  private Path export(Exports to, String name, byte[] what) throws Exception {
    Path file = Files.write(root.resolve(name.replace('/', '-')), what);
    to.files.put(name, new ExportedFile(file, what.length, sha256(what)));
    return file;
  }

  private static String sha256(byte[] what) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(what));
  }

  private URI uri(String name, String digest) {
    return GuestFiles.atNode(WireSite.uri(server, "/node"), GUEST.toString(), name, digest);
  }

  private URI flat() {
    return uri(GuestFiles.FLAT, "sha256:" + forService.files.get(GuestFiles.FLAT).sha256());
  }

  private static HttpResponse<byte[]> get(HttpClient client, URI uri, String... headers)
      throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri);
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofByteArray());
  }

  private static void refused(String code, HttpResponse<byte[]> answer) {
    RefusalException refusal = Refusals.fromHttp(answer.statusCode(), answer.body());
    assertEquals(code, refusal.code());
    assertEquals(Refusals.httpStatus(refusal.category()), answer.statusCode());
  }

  @Test
  void aFileIsSentWholeWithItsDigest() throws Exception {
    HttpResponse<byte[]> answer = get(service, flat());
    assertEquals(200, answer.statusCode());
    assertArrayEquals(bytes, answer.body());
    assertEquals(
        "\"sha256:" + sha256(bytes) + "\"", answer.headers().firstValue("ETag").orElseThrow());
    assertEquals("allowed", audited.get(0).get("decision"));
    assertEquals(GuestFiles.FLAT, audited.get(0).get("file"));
    assertEquals("700001", audited.get(0).get("bytes"));
  }

  @Test
  void whatBrokeOffGoesOnWhereItWas() throws Exception {
    HttpResponse<byte[]> rest = get(service, flat(), "Range", "bytes=600000-");
    assertEquals(206, rest.statusCode());
    assertArrayEquals(Arrays.copyOfRange(bytes, 600_000, bytes.length), rest.body());
    assertEquals(
        "bytes 600000-700000/700001", rest.headers().firstValue("Content-Range").orElseThrow());
    assertEquals("600000", audited.get(0).get("offset"));
    assertEquals(416, get(service, flat(), "Range", "bytes=700001-").statusCode());
  }

  private byte[] withHoles() {
    byte[] holes = new byte[700_001];
    System.arraycopy(bytes, 0, holes, 100_000, 50_000);
    holes[700_000] = 1;
    return holes;
  }

  @Test
  void emptyPagesDoNotTravelToWhoeverAsksForThat() throws Exception {
    byte[] holes = withHoles();
    export(forService, GuestFiles.FLAT, holes);
    HttpResponse<byte[]> answer = get(service, flat(), "A-IM", "hospes-holes");
    assertEquals(226, answer.statusCode());
    assertEquals("hospes-holes", answer.headers().firstValue("IM").orElseThrow());
    assertEquals(
        "\"sha256:" + sha256(holes) + "\"", answer.headers().firstValue("ETag").orElseThrow());
    assertTrue(answer.body().length < 70_000, answer.body().length + " bytes travelled");
    assertArrayEquals(holes, plain(answer.body(), holes.length));
    HttpResponse<byte[]> rest =
        get(service, flat(), "A-IM", "range, hospes-holes", "Range", "bytes=120001-");
    assertEquals(226, rest.statusCode());
    assertEquals("range, hospes-holes", rest.headers().firstValue("IM").orElseThrow());
    assertEquals(
        "bytes 120001-700000/700001", rest.headers().firstValue("Content-Range").orElseThrow());
    assertArrayEquals(
        Arrays.copyOfRange(holes, 120_001, holes.length), plain(rest.body(), 580_000));
    assertEquals(
        416,
        get(service, flat(), "A-IM", "range, hospes-holes", "Range", "bytes=700001-").statusCode());
  }

  private static byte[] plain(byte[] sent, int length) throws Exception {
    return new HolesInput(new ByteArrayInputStream(sent), length).readAllBytes();
  }

  @Test
  void aRangeOfWhatHasNoZerosAnyMoreIsNone() throws Exception {
    HttpResponse<byte[]> answer =
        get(service, flat(), "A-IM", "hospes-holes, range", "Range", "bytes=600000-");
    assertEquals(206, answer.statusCode());
    assertArrayEquals(Arrays.copyOfRange(bytes, 600_000, bytes.length), answer.body());
  }

  @Test
  void oneNodeReadsWhatTheOtherSendsWhicheverOfThemIsOlder() throws Exception {
    byte[] holes = withHoles();
    export(forPeer, "overlay", holes);
    URI address = uri("overlay", "sha256:" + sha256(holes));
    SSLContext tls =
        site.client(site.pki().host("node2.example.org")).sslContext(WireSite.LOCALHOST);
    Duration patience = Duration.ofSeconds(60);
    for (RangeSource each :
        List.of(
            new TlsRangeSource(tls, patience),
            new TlsRangeSource(
                tls, patience, new TlsRangeSource.Manipulation(Holes.NAME, HolesInput::new)),
            new TlsRangeSource(
                tls,
                patience,
                new TlsRangeSource.Manipulation(
                    "of-a-later-agent", (sent, length) -> InputStream.nullInputStream())))) {
      try (InputStream in = each.open(address, 90_000, 700_001)) {
        assertArrayEquals(Arrays.copyOfRange(holes, 90_000, 700_001), in.readAllBytes());
      }
    }
  }

  @Test
  void aFileThatIsAnotherByNowIsNotGoneOnWith() throws Exception {
    URI before = flat();
    String tag = get(service, before).headers().firstValue("ETag").orElseThrow();
    byte[] other = Arrays.copyOf(bytes, 5000);
    export(forService, GuestFiles.FLAT, other);
    refused("file.changed", get(service, before, "Range", "bytes=600000-"));
    HttpResponse<byte[]> whole = get(service, flat(), "Range", "bytes=10-", "If-Range", tag);
    assertEquals(200, whole.statusCode());
    assertArrayEquals(other, whole.body());
  }

  @Test
  void eachFetchesItsOwnFilesAlone() throws Exception {
    export(forPeer, "snapshot/before/overlay", new byte[] {1, 2, 3});
    URI handedOver = uri("snapshot/before/overlay", "sha256:" + sha256(new byte[] {1, 2, 3}));
    assertArrayEquals(new byte[] {1, 2, 3}, get(peer, handedOver).body());
    refused("file.absent", get(service, handedOver));
    refused("file.absent", get(peer, flat()));
    assertEquals("refused", audited.get(2).get("decision"));
    refused("guest.busy", get(peer, uri("later", "sha256:" + "0".repeat(64))));
  }

  @Test
  void whoIsAdmittedNowhereLearnsNothing() throws Exception {
    HttpClient ada = site.client(site.pki().user("Ada")).bytes(WireSite.LOCALHOST);
    refused("peer.not-allowed", get(ada, flat()));
    HttpClient proxy =
        site.client(site.pki().proxy(site.pki().host("service.example.org"), ProxyKind.FULL))
            .bytes(WireSite.LOCALHOST);
    refused("node.caller", get(proxy, flat()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/guests/",
        "/guests/6f1d54d6-0a3b-4b52-9d4e-4a6f0a0c7a11",
        "/guests/6f1d54d6-0a3b-4b52-9d4e-4a6f0a0c7a11/files/",
        "/guests/6f1d54d6-0a3b-4b52-9d4e-4a6f0a0c7a11/files/.flat",
        "/guests/6f1d54d6-0a3b-4b52-9d4e-4a6f0a0c7a11/files/a//b",
        "/guests/6f1d54d6-0a3b-4b52-9d4e-4a6f0a0c7a11/files/a/../flat",
        "/guests/6f1d54d6-0a3b-4b52-9d4e-4a6f0a0c7a11/files/..%2f..%2fetc%2fpasswd",
        "/guests/6f1d54d6-0a3b-4b52-9d4e-4a6f0a0c7a11/files/a/b/c/d/e",
        "/guests/6F1D54D6-0a3b-4b52-9d4e-4a6f0a0c7a11/files/flat",
        "/guests/1-1-1-1-1/files/flat",
        "/guests/../guests/x/files/flat",
      })
  void whatIsNoNameOfAFileIsNone(String path) throws Exception {
    HttpResponse<byte[]> answer = get(service, WireSite.uri(server, path));
    assertTrue(
        answer.statusCode() == 400
            || answer.statusCode() == 404
            // A path that steps back may name a file that is there.
            || (path.contains("/a/../flat") && Arrays.equals(bytes, answer.body())),
        path + " answered " + answer.statusCode());
  }

  @Test
  void nothingIsSentThatIsNotAsLongAsItMustBeOrIsALink() throws Exception {
    Path file = root.resolve(GuestFiles.FLAT);
    URI address = flat();
    Files.write(file, Arrays.copyOf(bytes, 10));
    refused("file.altered", get(service, address));
    Path other = Files.write(root.resolve("other"), bytes);
    Files.delete(file);
    refused("file.absent", get(service, address));
    Files.createSymbolicLink(file, other);
    HttpResponse<byte[]> answer = get(service, address);
    assertEquals(500, answer.statusCode());
    assertTrue(answer.body().length < 2000, "nothing of it");
  }

  @Test
  void oneCallerDoesNotTakeAllPlaces() throws Exception {
    Path large = root.resolve("large");
    try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
      file.setLength(512L << 20);
    }
    forPeer.files.put("large", new ExportedFile(large, 512L << 20, "0".repeat(64)));
    URI address = uri("large", "sha256:" + "0".repeat(64));
    List<InputStream> unread = new ArrayList<>();
    try {
      for (int i = 0; i < 8; i++) {
        HttpResponse<InputStream> answer =
            peer.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofInputStream());
        assertEquals(200, answer.statusCode());
        unread.add(answer.body());
      }
      assertEquals(8, endpoint.count());
      refused("file.too-many", get(peer, address));
      assertArrayEquals(bytes, get(service, flat()).body());
    } finally {
      for (InputStream stream : unread) {
        stream.close();
      }
    }
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (endpoint.count() > 0 && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertEquals(0, endpoint.count(), "places are given back");
  }
}
