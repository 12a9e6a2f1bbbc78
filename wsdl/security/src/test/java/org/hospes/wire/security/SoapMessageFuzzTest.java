package org.hospes.wire.security;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A whole server, over TLS, to which an attacker on good terms sends anything: also the one good
 * message that was taken already, in every disguise. None is taken, each is refused by a code.
 */
class SoapMessageFuzzTest {
  @TempDir static Path dir;
  private static WireSite site;
  private static EchoPort port;
  private static URI address;
  private static HttpClient http;
  private static String taken;

  @BeforeAll
  static void start() throws Exception {
    site = WireSite.create(dir);
    port = new EchoPort();
    SecureServer server =
        site.start(site.server().signed(EchoPort.PATH, port, WorkspacePort.class, EchoPort.WSDL));
    address = WireSite.uri(server, EchoPort.PATH);
    SecureClient client = site.client(site.pki().user("Ada"));
    http = client.bytes(WireSite.LOCALHOST);
    taken = Drafts.signed(client, address);
    assertEquals(200, Drafts.post(http, address, taken).status());
  }

  @AfterAll
  static void stop() throws Exception {
    site.close();
  }

  static Stream<byte[]> messages() {
    return Stream.of(
            taken,
            taken.replaceAll("(?s)<soap:Header>.*</soap:Header>", ""),
            taken.replaceAll("(?s)<ds:Signature.*</ds:Signature>", ""),
            "<soap:Envelope xmlns:soap='http://www.w3.org/2003/05/soap-envelope'><soap:Body/>"
                + "</soap:Envelope>")
        .map(message -> message.getBytes(UTF_8));
  }

  @MethodSource("messages")
  @FuzzTest(maxDuration = "60s")
  void nothingIsTakenTwiceOrUnsigned(byte[] message) throws Exception {
    Drafts.Answer answer = Drafts.post(http, address, message);
    assertNotEquals(200, answer.status());
    assertTrue(answer.code().startsWith("message."), answer.code());
    assertEquals(1, port.calls.size());
  }
}
