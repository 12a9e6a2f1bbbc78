package org.hospes.wire.security;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.cxf.endpoint.Client;
import org.apache.cxf.frontend.ClientProxy;
import org.apache.cxf.message.Message;
import org.apache.cxf.phase.AbstractPhaseInterceptor;
import org.apache.cxf.phase.Phase;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.wire.testsite.WireSite;

/** Messages as an attacker would have them: signed properly, then changed on their way. */
final class Drafts {
  private Drafts() {}

  /** A port whose signed messages go through {@code change} before they leave. */
  static WorkspacePort port(SecureClient client, URI address, UnaryOperator<String> change) {
    WorkspacePort port =
        client.signed(
            WorkspacePort.class, EchoPort.SERVICE, EchoPort.WSDL, address, WireSite.LOCALHOST);
    ClientProxy.getClient(port).getOutInterceptors().add(new Changing(change));
    return port;
  }

  /** A signed message that was never sent. */
  static String signed(SecureClient client, URI address, Consumer<Client> configured) {
    StringBuilder caught = new StringBuilder();
    WorkspacePort port =
        port(
            client,
            address,
            message -> {
              caught.append(message);
              throw new IllegalStateException("kept back");
            });
    configured.accept(ClientProxy.getClient(port));
    try {
      port.listWorkspaces(EchoPort.ask("draft"));
    } catch (Exception e) {
      if (caught.length() == 0) {
        throw new AssertionError("no message was made", e);
      }
    }
    return caught.toString();
  }

  static String signed(SecureClient client, URI address) {
    return signed(client, address, c -> {});
  }

  /** What came back for a raw message. */
  record Answer(int status, String body) {
    String code() {
      Matcher matcher = Pattern.compile("<(?:\\w+:)?code>([^<]*)<").matcher(body);
      return matcher.find() ? matcher.group(1) : "none: " + status + " " + body;
    }

    boolean signed() {
      return body.contains("SignatureValue") && body.contains("rsa-sha256");
    }
  }

  static Answer post(HttpClient http, URI address, byte[] message) throws Exception {
    HttpResponse<String> response =
        http.send(
            HttpRequest.newBuilder(address)
                .header("Content-Type", "application/soap+xml; charset=UTF-8")
                .POST(HttpRequest.BodyPublishers.ofByteArray(message))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    return new Answer(response.statusCode(), response.body());
  }

  static Answer post(HttpClient http, URI address, String message) throws Exception {
    return post(http, address, message.getBytes(StandardCharsets.UTF_8));
  }

  private static final class Changing extends AbstractPhaseInterceptor<Message> {
    private final UnaryOperator<String> change;

    Changing(UnaryOperator<String> change) {
      super(Phase.PRE_STREAM);
      this.change = change;
    }

    @Override
    public void handleMessage(Message message) {
      OutputStream wire = message.getContent(OutputStream.class);
      message.setContent(
          OutputStream.class,
          new ByteArrayOutputStream() {
            private boolean closed;

            @Override
            public void close() throws IOException {
              if (!closed) {
                closed = true;
                wire.write(
                    change
                        .apply(toString(StandardCharsets.UTF_8))
                        .getBytes(StandardCharsets.UTF_8));
                wire.close();
              }
            }
          });
    }
  }
}
