package org.hospes.wire.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Signature wrapping (Somorovsky et al. 2011): the signature stays good, the message is another.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WrappedMessageTest {
  private WireSite site;
  private URI address;
  private SecureClient client;
  private final EchoPort echo = new EchoPort();

  private static final Pattern BODY = Pattern.compile("(?s)<soap:Body.*</soap:Body>");
  private static final String EVIL =
      "<soap:Body><listWorkspaces xmlns=\"urn:hospes:workspace:1\"><name>evil</name>"
          + "<ended>false</ended><pageSize>1</pageSize></listWorkspaces></soap:Body>";

  enum Shape {
    BODY_IN_A_HEADER {
      @Override
      String wrap(String message, String body) {
        return message
            .replace(body, EVIL)
            .replace("</soap:Header>", "<w xmlns=\"urn:w\">" + body + "</w></soap:Header>");
      }
    },
    BODY_IN_THE_SECURITY_HEADER {
      @Override
      String wrap(String message, String body) {
        return message.replace(body, EVIL).replace("</wsse:Security>", body + "</wsse:Security>");
      }
    },
    SECOND_BODY_AFTER {
      @Override
      String wrap(String message, String body) {
        return message.replace(body, body + EVIL);
      }
    },
    SECOND_BODY_BEFORE {
      @Override
      String wrap(String message, String body) {
        return message.replace(body, EVIL + body);
      }
    },
    BODY_IN_A_BODY {
      @Override
      String wrap(String message, String body) {
        return message.replace(body, EVIL.replace("</soap:Body>", body + "</soap:Body>"));
      }
    },
    BODY_IN_AN_OBJECT {
      @Override
      String wrap(String message, String body) {
        return message
            .replace(body, EVIL)
            .replace("</ds:Signature>", "<ds:Object>" + body + "</ds:Object></ds:Signature>");
      }
    },
    BODY_BESIDE_THE_BODY {
      @Override
      String wrap(String message, String body) {
        return message.replace(body, EVIL + "<w xmlns=\"urn:w\">" + body + "</w>");
      }
    },
    ID_USED_TWICE {
      @Override
      String wrap(String message, String body) {
        Matcher id = Pattern.compile("wsu:Id=\"([^\"]*)\"").matcher(body);
        assertTrue(id.find(), body);
        return message.replace(
            "</soap:Header>",
            "<w xmlns=\"urn:w\" xmlns:wsu=\""
                + EnvelopeScreen.WSU
                + "\" wsu:Id=\""
                + id.group(1)
                + "\"/></soap:Header>");
      }
    },
    HEADER_SAID_TWICE {
      @Override
      String wrap(String message, String body) {
        return message.replace(
            "</soap:Header>",
            "<To xmlns=\"" + EnvelopeScreen.WSA + "\">https://evil/workspace</To></soap:Header>");
      }
    },
    TWO_SECURITY_HEADERS {
      @Override
      String wrap(String message, String body) {
        Matcher security = Pattern.compile("(?s)<wsse:Security.*</wsse:Security>").matcher(message);
        assertTrue(security.find());
        return message.replace("</soap:Header>", security.group() + "</soap:Header>");
      }
    };

    abstract String wrap(String message, String body);
  }

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    site = WireSite.create(directory);
    SecureServer server =
        site.start(site.server().signed(EchoPort.PATH, echo, WorkspacePort.class, EchoPort.WSDL));
    address = WireSite.uri(server, EchoPort.PATH);
    client = site.client(site.pki().user("Ada"));
  }

  @AfterAll
  void stop() throws Exception {
    site.close();
  }

  @ParameterizedTest
  @EnumSource
  void isRefused(Shape shape) throws Exception {
    String message = Drafts.signed(client, address);
    Matcher body = BODY.matcher(message);
    assertTrue(body.find(), message);
    Drafts.Answer answer =
        Drafts.post(client.bytes(WireSite.LOCALHOST), address, shape.wrap(message, body.group()));
    assertEquals("message.wrapping", answer.code());
    assertTrue(answer.signed());
    assertTrue(echo.calls.isEmpty());
  }

  @Test
  void theShapesChangeAGoodMessage() throws Exception {
    String message = Drafts.signed(client, address);
    Matcher body = BODY.matcher(message);
    assertTrue(body.find());
    assertTrue(
        Stream.of(Shape.values())
            .noneMatch(shape -> shape.wrap(message, body.group()).equals(message)));
  }
}
