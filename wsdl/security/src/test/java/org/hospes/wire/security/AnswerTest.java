package org.hospes.wire.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.function.UnaryOperator;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.refusal.Refusals;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Which answers a client takes, with a dishonest server between it and the honest one. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AnswerTest {
  private WireSite site;
  private URI honest;
  private Credential ada;
  private SecureClient client;
  private HttpClient http;
  private HttpsServer relay;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    site = WireSite.create(directory);
    SecureServer server =
        site.start(
            site.server()
                .signed(EchoPort.PATH, new EchoPort(), WorkspacePort.class, EchoPort.WSDL));
    honest = WireSite.uri(server, EchoPort.PATH);
    ada = site.pki().user("Ada");
    client = site.client(ada);
    http = client.bytes(WireSite.LOCALHOST);
  }

  @AfterAll
  void stop() throws Exception {
    site.close();
  }

  @AfterEach
  void stopRelay() {
    if (relay != null) {
      relay.stop(0);
    }
  }

  /** A server with these papers that asks the honest one and changes its answer. */
  private URI relay(Credential papers, UnaryOperator<String> change) throws IOException {
    ProvenPaths paths = new ProvenPaths(site.paths(), CallerSource.namesOnly(), Clock.systemUTC());
    relay = HttpsServer.create(new InetSocketAddress("127.0.0.1", 0), 4);
    relay.setHttpsConfigurator(new HttpsConfigurator(TlsContexts.server(() -> papers, paths)));
    relay.createContext(
        "/",
        exchange -> {
          try (exchange) {
            Drafts.Answer answer =
                Drafts.post(http, honest, exchange.getRequestBody().readAllBytes());
            byte[] body = change.apply(answer.body()).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/soap+xml");
            exchange.sendResponseHeaders(answer.status(), body.length);
            exchange.getResponseBody().write(body);
          } catch (Exception e) {
            throw new IOException(e);
          }
        });
    relay.start();
    return URI.create("https://localhost:" + relay.getAddress().getPort() + EchoPort.PATH);
  }

  private WorkspacePort port(URI address, ExpectedServer expected) {
    return client.signed(WorkspacePort.class, EchoPort.SERVICE, EchoPort.WSDL, address, expected);
  }

  private RefusalException refused(URI address, ExpectedServer expected) {
    WorkspacePort port = port(address, expected);
    Exception thrown = assertThrows(Exception.class, () -> port.listWorkspaces(EchoPort.ask("x")));
    return Refusals.of(thrown)
        .orElseThrow(() -> new AssertionError("no refusal was found", thrown));
  }

  @Test
  void anUnchangedAnswerOfTheRightServerIsTaken() throws Exception {
    URI address = relay(site.host(), answer -> answer);
    String token =
        port(address, WireSite.LOCALHOST).listWorkspaces(EchoPort.ask("x")).getNextPageToken();
    assertTrue(token.endsWith("|x"));
  }

  @Test
  void anAnswerSignedByAnotherHost() throws Exception {
    Credential other = site.pki().host("other", "localhost");
    RefusalException refusal = refused(relay(other, answer -> answer), WireSite.LOCALHOST);
    assertEquals("answer.signer", refusal.code());
    assertTrue(refusal.facts().get("server").endsWith("CN=other"));
    assertTrue(refusal.facts().get("signer").endsWith("CN=localhost"));
  }

  @Test
  void anAnswerToAnotherMessage() throws Exception {
    String old = Drafts.post(http, honest, Drafts.signed(client, honest)).body();
    RefusalException refusal = refused(relay(site.host(), answer -> old), WireSite.LOCALHOST);
    assertEquals("answer.unrelated", refusal.code());
  }

  @Test
  void anAlteredAnswer() throws Exception {
    RefusalException refusal =
        refused(relay(site.host(), answer -> answer.replace("|x<", "|y<")), WireSite.LOCALHOST);
    assertEquals(FaultCategory.UNAUTHENTICATED, refusal.category());
    assertEquals("answer.security", refusal.code());
  }

  @Test
  void anUnsignedAnswer() throws Exception {
    RefusalException refusal =
        refused(
            relay(
                site.host(),
                answer -> answer.replaceAll("(?s)<wsse:Security.*</wsse:Security>", "")),
            WireSite.LOCALHOST);
    assertEquals("message.unsigned", refusal.code());
  }

  @Test
  void anUnsignedFault() throws Exception {
    RefusalException refusal =
        refused(
            relay(
                site.host(),
                answer ->
                    "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body>"
                        + "<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason>"
                        + "<s:Text xml:lang=\"en\">go away</s:Text></s:Reason></s:Fault></s:Body>"
                        + "</s:Envelope>"),
            WireSite.LOCALHOST);
    assertEquals("message.unsigned", refusal.code());
  }

  @Test
  void anAnswerThatIsNoSoap() throws Exception {
    RefusalException refusal =
        refused(relay(site.host(), answer -> "<html>busy</html>"), WireSite.LOCALHOST);
    assertEquals("message.soap", refusal.code());
  }

  @Test
  void aPathThatIsNotThere() throws Exception {
    RefusalException refusal =
        refused(
            URI.create(honest.toString().replace("/workspace", "/elsewhere")), WireSite.LOCALHOST);
    assertEquals(FaultCategory.NOT_FOUND, refusal.category());
    assertEquals("http.404", refusal.code());
  }

  @Test
  void anotherHostThanTheOneMeant() throws Exception {
    RefusalException refusal = refused(honest, ExpectedServer.host("service.example.org"));
    assertEquals("server.other", refusal.code());
    assertEquals("host service.example.org", refusal.facts().get("expected"));
    refusal =
        refused(honest, ExpectedServer.dn(new DistinguishedName("/DC=org/DC=hospes/CN=else")));
    assertEquals("server.other", refusal.code());
  }

  @Test
  void theHostByItsName() throws Exception {
    ExpectedServer expected =
        ExpectedServer.dn(new DistinguishedName("/DC=org/DC=hospes/CN=localhost"));
    assertTrue(
        port(honest, expected)
            .listWorkspaces(EchoPort.ask("dn"))
            .getNextPageToken()
            .endsWith("|dn"));
  }

  @Test
  void aServerOfAnUnknownAuthority() throws Exception {
    Credential stranger = site.pki().otherCa().host("localhost", "localhost");
    RefusalException refusal = refused(relay(stranger, answer -> answer), WireSite.LOCALHOST);
    assertEquals("server.untrusted", refusal.code());
    assertEquals("path.ca.unknown", refusal.facts().get("problem"));
  }

  @Test
  void aPersonIsNoServer() throws Exception {
    RefusalException refusal =
        refused(relay(site.pki().user("localhost-user"), answer -> answer), WireSite.LOCALHOST);
    assertEquals("server.other", refusal.code());
  }

  @Test
  void nobodyListens() throws Exception {
    RefusalException refusal =
        refused(URI.create("https://localhost:1/workspace"), WireSite.LOCALHOST);
    assertEquals(FaultCategory.SITE, refusal.category());
    assertEquals("site.unreachable", refusal.code());
  }
}
