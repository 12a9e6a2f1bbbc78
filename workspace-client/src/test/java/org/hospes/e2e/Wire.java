package org.hospes.e2e;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.namespace.QName;
import org.apache.cxf.frontend.ClientProxy;
import org.apache.cxf.message.Message;
import org.apache.cxf.phase.AbstractPhaseInterceptor;
import org.apache.cxf.phase.Phase;
import org.hospes.contract.workspace.ListWorkspaces;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.PathRules;
import org.hospes.wire.security.ClientLimits;
import org.hospes.wire.security.ExpectedServer;
import org.hospes.wire.security.SecureClient;

/** One person's end of the wire, with the bytes in the tester's hand. */
final class Wire implements AutoCloseable {
  private static final QName SERVICE = new QName("urn:hospes:workspace:1:wsdl", "WorkspaceService");

  private final CertificateDirectory paths;
  private final SecureClient client;
  private final ExpectedServer expected;
  private final URI address;

  /** As this person, believing the authorities of that directory. */
  Wire(Site site, Person who, Path caDirectory) throws Exception {
    Credential credential = who.credential();
    this.paths =
        CertificateDirectory.open(
            caDirectory, PathRules.strict(), Duration.ofMinutes(1), Clock.systemUTC());
    this.client = new SecureClient(() -> credential, paths, ClientLimits.defaults());
    this.expected = ExpectedServer.host(site.head());
    this.address = URI.create(site.service() + "/workspace");
  }

  Wire(Site site, Person who) throws Exception {
    this(site, who, who.caDirectory());
  }

  /** What came back for a raw message. */
  record Answer(int status, String body) {
    String code() {
      Matcher matcher = Pattern.compile("<(?:\\w+:)?code>([^<]*)<").matcher(body);
      return matcher.find() ? matcher.group(1) : "none: " + status + " " + body;
    }

    String category() {
      Matcher matcher = Pattern.compile("<(?:\\w+:)?category>([^<]*)<").matcher(body);
      return matcher.find() ? matcher.group(1) : "none: " + status + " " + body;
    }

    String reference() {
      Matcher matcher = Pattern.compile("<(?:\\w+:)?reference>([^<]*)<").matcher(body);
      return matcher.find() ? matcher.group(1) : "none: " + status + " " + body;
    }
  }

  /** Posts bytes to the service's port through this person's TLS session. */
  Answer post(String message) throws Exception {
    return post(HttpRequest.BodyPublishers.ofString(message));
  }

  Answer post(HttpRequest.BodyPublisher body) throws Exception {
    return post(expected, address, body);
  }

  /** Posts to another server of the site. */
  Answer post(String host, URI other, String message) throws Exception {
    return post(ExpectedServer.host(host), other, HttpRequest.BodyPublishers.ofString(message));
  }

  private Answer post(ExpectedServer server, URI where, HttpRequest.BodyPublisher body)
      throws Exception {
    HttpClient http = client.bytes(server);
    HttpResponse<String> response =
        http.send(
            HttpRequest.newBuilder(where)
                .timeout(Duration.ofSeconds(60))
                .header("Content-Type", "application/soap+xml; charset=UTF-8")
                .POST(body)
                .build(),
            HttpResponse.BodyHandlers.ofString());
    return new Answer(response.statusCode(), response.body());
  }

  /** A properly signed question for this person's workspaces, kept back before it left. */
  String signedQuestion() {
    StringBuilder caught = new StringBuilder();
    WorkspacePort port =
        client.signed(WorkspacePort.class, SERVICE, "wsdl/workspace.wsdl", address, expected);
    ClientProxy.getClient(port).getOutInterceptors().add(new KeepingBack(caught));
    ListWorkspaces question = new ListWorkspaces();
    question.setPageSize(10);
    try {
      port.listWorkspaces(question);
    } catch (Exception e) {
      if (caught.length() == 0) {
        throw new AssertionError("no message was made", e);
      }
    }
    return caught.toString();
  }

  @Override
  public void close() {
    client.close();
    paths.close();
  }

  private static final class KeepingBack extends AbstractPhaseInterceptor<Message> {
    private final StringBuilder caught;

    KeepingBack(StringBuilder caught) {
      super(Phase.PRE_STREAM);
      this.caught = caught;
    }

    @Override
    public void handleMessage(Message message) {
      message.setContent(
          OutputStream.class,
          new ByteArrayOutputStream() {
            @Override
            public void close() throws IOException {
              if (caught.length() == 0) {
                caught.append(toString(StandardCharsets.UTF_8));
              }
              throw new IOException("kept back");
            }
          });
    }
  }
}
