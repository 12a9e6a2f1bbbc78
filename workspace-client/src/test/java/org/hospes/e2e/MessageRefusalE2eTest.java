package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages that must not be obeyed, posted raw to the real service. */
@EndToEnd
class MessageRefusalE2eTest {
  private static final String QUESTION =
      "<listWorkspaces xmlns=\"urn:hospes:workspace:1\"><ended>false</ended>"
          + "<pageSize>10</pageSize></listWorkspaces>";
  private static final String ENVELOPE =
      "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\">%s<s:Body>%s</s:Body>"
          + "</s:Envelope>";
  private static final int MEBIBYTE = 1 << 20;

  private final Site site;
  private Wire ada;

  MessageRefusalE2eTest(Site site) {
    this.site = site;
  }

  @BeforeEach
  void connect() throws Exception {
    ada = new Wire(site, site.ada());
  }

  @AfterEach
  void disconnect() {
    ada.close();
  }

  @Test
  void theSameMessageUntouchedIsAnswered() throws Exception {
    Wire.Answer answer = ada.post(ada.signedQuestion());
    assertEquals(200, answer.status(), answer.body());
    assertTrue(answer.body().contains("listWorkspacesResponse"), answer.body());
  }

  @Test
  void unsigned() throws Exception {
    refused("message.unsigned", ada.post(String.format(ENVELOPE, "<s:Header/>", QUESTION)));
  }

  @Test
  void replayed() throws Exception {
    String message = ada.signedQuestion();
    assertEquals(200, ada.post(message).status());
    refused("message.replayed", ada.post(message));
  }

  @Test
  void altered() throws Exception {
    String message = ada.signedQuestion();
    String changed =
        message.replace("<pageSize>10<", "<pageSize>11<").replace("pageSize>10<", "pageSize>11<");
    assertFalse(changed.equals(message), message);
    refused("message.signature", ada.post(changed));
  }

  @Test
  void signedByOnePersonInsideAnothersSession() throws Exception {
    String adas = ada.signedQuestion();
    try (Wire olga = new Wire(site, site.olga())) {
      Wire.Answer answer = olga.post(adas);
      refused("message.signer.other", answer);
      assertFalse(
          site.audited("audit.jsonl", answer.reference(), "Ada Physicist", "Olga Operator")
              .isEmpty(),
          "the audit log names both");
    }
  }

  /** Only the service commands an agent, and only a node's own certificate speaks for it. */
  @ParameterizedTest
  @ValueSource(strings = {"9445/node", "9445/node/", "9445/node/x", "9445/node/x?wsdl"})
  void aStrangerAtAnAgentsDoor(String door) throws Exception {
    String remove =
        "<remove xmlns=\"urn:hospes:node:1\"><id>00000000-0000-0000-0000-000000000000</id></remove>";
    String host = site.node("node1");
    Wire.Answer answer =
        ada.post(
            host,
            URI.create("https://" + host + ":" + door),
            String.format(ENVELOPE, "<s:Header/>", remove));
    assertTrue(
        answer.status() == 403 || answer.status() == 404 || answer.status() >= 500, answer.body());
    assertFalse(answer.body().contains("removeResponse"), answer.body());
    assertFalse(answer.body().contains("ABSENT"), answer.body());
  }

  @ParameterizedTest
  @ValueSource(strings = {"9443/registry", "9443/registry/", "9443/registry/x"})
  void aStrangerAtTheRegistry(String door) throws Exception {
    String heartbeat =
        "<heartbeat xmlns=\"urn:hospes:node:1\"><name>node1</name><report><diskFreeBytes>1</diskFreeBytes>"
            + "<policyDigest>sha256:"
            + "0".repeat(64)
            + "</policyDigest></report></heartbeat>";
    Wire.Answer answer =
        ada.post(
            site.head(),
            URI.create("https://" + site.head() + ":" + door),
            String.format(ENVELOPE, "<s:Header/>", heartbeat));
    assertTrue(answer.status() >= 400, answer.body());
    assertFalse(answer.body().contains("heartbeatResponse"), answer.body());
  }

  @Test
  void malformedXml() throws Exception {
    refused("message.malformed", ada.post("<s:Envelope"));
    refused("message.malformed", ada.post(ada.signedQuestion().replace("</soap:Envelope>", "")));
  }

  @Test
  void aDocumentTypeDefinition() throws Exception {
    refused(
        "message.dtd",
        ada.post(
            "<!DOCTYPE s [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>"
                + String.format(ENVELOPE, "<s:Header/>", "<a>&x;</a>")));
  }

  @Test
  void tooDeep() throws Exception {
    String deep = "<a>".repeat(200) + "</a>".repeat(200);
    refused("message.too-deep", ada.post(String.format(ENVELOPE, "<s:Header/>", deep)));
  }

  @Test
  void tooManyElements() throws Exception {
    refused(
        "message.too-many-elements",
        ada.post(String.format(ENVELOPE, "<s:Header/>", "<a/>".repeat(50_000))));
  }

  @Test
  void tooLarge() throws Exception {
    byte[] blanks = new byte[9 * MEBIBYTE];
    Arrays.fill(blanks, (byte) ' ');
    try {
      Wire.Answer answer = ada.post(HttpRequest.BodyPublishers.ofByteArray(blanks));
      assertEquals("message.too-large", answer.code());
    } catch (IOException e) {
      // The server need not read on once it has seen too much; then the connection just ends.
      Site.await(
          "the audit log to tell of " + e,
          Duration.ofSeconds(60),
          () -> !site.audited("audit.jsonl", "message.too-large").isEmpty());
    }
    assertEquals(0, site.workspace(site.ada(), "list").exit(), "the service goes on");
  }

  /** A code for the sender; the reason under a reference in the audit log; nothing done. */
  private void refused(String code, Wire.Answer answer) throws Exception {
    assertTrue(answer.status() >= 400, answer.body());
    assertEquals("UNAUTHENTICATED INVALID".contains(answer.category()), true, answer.body());
    assertFalse(
        site.audited("audit.jsonl", code, answer.reference()).isEmpty(),
        "in the audit log: " + code + " " + answer.reference() + "; answered: " + answer.code());
  }
}
