package org.hospes.wire.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.workspace.Refused;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.refusal.Refusals;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What the server must not take, whoever sends it; nothing of it reaches the port. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RefusedMessageTest {
  private WireSite site;
  private URI address;
  private Credential ada;
  private SecureClient client;
  private HttpClient http;
  private final EchoPort echo = new EchoPort();

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    site = WireSite.create(directory);
    SecureServer server =
        site.start(
            site.server()
                .limits(ServerLimits.defaults().withMessageBytes(64 * 1024))
                .signed(EchoPort.PATH, echo, WorkspacePort.class, EchoPort.WSDL));
    address = WireSite.uri(server, EchoPort.PATH);
    ada = site.pki().user("Ada");
    client = site.client(ada);
    http = client.bytes(WireSite.LOCALHOST);
  }

  @AfterAll
  void stop() throws Exception {
    site.close();
  }

  private void refused(String code, String message) throws Exception {
    int before = echo.calls.size();
    Drafts.Answer answer = Drafts.post(http, address, message);
    assertEquals(code, answer.code());
    assertTrue(answer.signed(), "the fault is signed: " + answer.body());
    assertEquals(before, echo.calls.size(), "the port was not called");
    RefusedMessage heard = site.refusedMessages().get(site.refusedMessages().size() - 1);
    assertEquals(code, heard.code());
    assertTrue(answer.body().contains(heard.reference()), "the answer names the reference");
  }

  private String draft() {
    return Drafts.signed(client, address);
  }

  @Test
  void theDraftItselfIsTakenOnce() throws Exception {
    String message = draft();
    Drafts.Answer answer = Drafts.post(http, address, message);
    assertEquals(200, answer.status(), answer.body());
    assertTrue(answer.signed());
    refused("message.replayed", message);
  }

  @Test
  void unsigned() throws Exception {
    refused("message.unsigned", draft().replaceAll("(?s)<wsse:Security.*</wsse:Security>", ""));
  }

  @Test
  void alteredBody() throws Exception {
    refused("message.signature", draft().replace(">draft<", ">drafts<"));
  }

  @Test
  void alteredTo() throws Exception {
    refused("message.signature", draft().replace(address + "</To>", address + "?x</To>"));
  }

  @Test
  void forAnotherEndpoint() throws Exception {
    URI other = URI.create(address.toString().replace("/workspace", "/repository"));
    refused("message.to", Drafts.signed(client, other));
  }

  @Test
  void forAnotherHost() throws Exception {
    URI other = URI.create("https://elsewhere.example.org:" + address.getPort() + EchoPort.PATH);
    refused("message.to", Drafts.signed(client, other));
    refused("message.to", Drafts.signed(client, URI.create("https://10.9.8.7" + EchoPort.PATH)));
  }

  @Test
  void headersThatNobodyUnderstands() throws Exception {
    String header =
        "<w xmlns=\"urn:w\" xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\""
            + " s:mustUnderstand=\"%s\"/></soap:Header>";
    for (String must : new String[] {"1", "true", " 1 "}) {
      refused("message.must-understand", draft().replace("</soap:Header>", header.formatted(must)));
    }
    String message = draft().replace("</soap:Header>", header.formatted("false"));
    assertEquals(200, Drafts.post(http, address, message).status());
  }

  @Test
  void tooMuchOutsideTheBody() throws Exception {
    String many = "<w xmlns=\"urn:w\"/>".repeat(40);
    refused("message.too-many-headers", draft().replace("</soap:Header>", many + "</soap:Header>"));
    StringBuilder names = new StringBuilder("<w");
    for (int i = 0; i < 70; i++) {
      names.append(" xmlns:n").append(i).append("=\"urn:").append(i).append("\"");
    }
    refused(
        "message.too-many-namespaces",
        draft().replace("</soap:Header>", names + "/></soap:Header>"));
    refused(
        "message.attribute-too-long",
        draft().replace("</soap:Header>", "<w a=\"" + "x".repeat(9000) + "\"/></soap:Header>"));
  }

  @Test
  void withoutMessageId() throws Exception {
    refused("message.signature", draft().replaceAll("(?s)<MessageID.*?</MessageID>", ""));
  }

  @Test
  void signedBySomebodyElse() throws Exception {
    SecureClient bob = site.client(site.pki().user("Bob"));
    refused("message.signer.other", Drafts.signed(bob, address));
  }

  @Test
  void signedWithSha1() throws Exception {
    String message =
        Drafts.signed(
            client,
            address,
            cxf ->
                cxf.getRequestContext()
                    .put(
                        "ws-security.asymmetric.signature.algorithm",
                        "http://www.w3.org/2000/09/xmldsig#rsa-sha1"));
    assertTrue(message.contains("#rsa-sha1"), message);
    refused("message.algorithm", message);
  }

  @Test
  void signedByAStrangersCertificate() throws Exception {
    Credential stranger = site.pki().otherCa().user("Eve");
    SecureClient eve =
        new SecureClient(() -> stranger, new TrustingPaths(site.paths()), ClientLimits.defaults());
    try (eve) {
      refused("message.signer.untrusted", Drafts.signed(eve, address));
    }
    RefusedMessage heard = site.refusedMessages().get(site.refusedMessages().size() - 1);
    assertEquals("path.ca.unknown", heard.facts().get("problem"), heard.toString());
    assertTrue(heard.facts().get("subject").contains("CN=Eve"));
  }

  @Test
  void documentType() throws Exception {
    refused(
        "message.dtd",
        "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>"
            + draft().replaceFirst("<\\?xml.*?\\?>", ""));
  }

  @Test
  void malformed() throws Exception {
    refused("message.malformed", draft().replace("</soap:Envelope>", ""));
    refused("message.malformed", "hello");
  }

  @Test
  void tooLarge() throws Exception {
    refused("message.too-large", draft() + " ".repeat(70 * 1024));
  }

  @Test
  void tooDeep() throws Exception {
    refused(
        "message.too-deep",
        draft()
            .replace("<soap:Body", "<a>".repeat(100) + "</a>".repeat(100) + "<soap:Body")
            .replace("</soap:Header>", "")
            .replace("<soap:Body", "</soap:Header><soap:Body"));
  }

  @Test
  void soap11() throws Exception {
    refused(
        "message.soap",
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body/></s:Envelope>");
  }

  @Test
  void answersGoNowhereElse() throws Exception {
    refused(
        "message.reply-to",
        draft().replaceFirst("(<Address>)[^<]*(</Address>)", "$1http://evil.example/$2"));
  }

  @Test
  void notWhatTheSchemaSays() throws Exception {
    WorkspacePort port = Drafts.port(client, address, m -> m);
    var request = EchoPort.ask("x");
    request.setOwner("");
    Refused refused = assertThrows(Refused.class, () -> port.listWorkspaces(request));
    RefusalException refusal = Refusals.of(refused).orElseThrow();
    assertEquals("message.invalid", refusal.code());
    assertEquals(FaultCategory.INVALID, refusal.category());
  }

  @Test
  void anHonestClientReadsWhatWasWrong() {
    WorkspacePort port = Drafts.port(client, address, m -> m.replace(">honest<", ">forged<"));
    Refused refused =
        assertThrows(Refused.class, () -> port.listWorkspaces(EchoPort.ask("honest")));
    RefusalException refusal = Refusals.of(refused).orElseThrow();
    assertEquals("message.signature", refusal.code());
    assertEquals(FaultCategory.UNAUTHENTICATED, refusal.category());
    assertTrue(refusal.reference().isPresent());
  }

  @Test
  void evenARefusalOfTheFormIsRelatedToTheMessage() {
    WorkspacePort port =
        Drafts.port(
            client,
            address,
            m -> m.replaceFirst("(\\[|http)[^<]*</Address>", "http://evil.example/</Address>"));
    Refused refused = assertThrows(Refused.class, () -> port.listWorkspaces(EchoPort.ask("x")));
    assertEquals("message.reply-to", Refusals.of(refused).orElseThrow().code());
  }

  @Test
  void anHonestClientLearnsThatItsMessageIsTooLarge() {
    WorkspacePort port = Drafts.port(client, address, m -> m);
    Refused refused =
        assertThrows(
            Refused.class, () -> port.listWorkspaces(EchoPort.ask("x".repeat(100 * 1024))));
    RefusalException refusal = Refusals.of(refused).orElseThrow();
    assertEquals("message.too-large", refusal.code());
    assertEquals("65536", refusal.facts().get("most"));
  }

  @Test
  void anIndependentKeyIsStillTheSamePerson() throws Exception {
    // TLS with the certificate, the message with a proxy of it: one end entity.
    SecureClient proxy = site.client(site.pki().proxy(ada, ProxyKind.FULL));
    assertEquals(200, Drafts.post(http, address, Drafts.signed(proxy, address)).status());
  }
}
