package org.hospes.wire.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocket;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** By which suites a server can be reached, asked one by one. */
class CipherSuiteTest {
  @Test
  void strongSuitesOnly(@TempDir Path directory) throws Exception {
    WireSite site = WireSite.create(directory);
    try {
      SecureServer server =
          site.start(
              site.server()
                  .signed(EchoPort.PATH, new EchoPort(), WorkspacePort.class, EchoPort.WSDL));
      SecureClient client = site.client(site.pki().user("Ada"));
      List<String> offered;
      try (SSLSocket socket = socket(client, server)) {
        offered = Stream.of(socket.getSupportedCipherSuites()).toList();
      }
      List<String> strong = List.of(TlsContexts.SUITES);
      assertTrue(offered.size() > strong.size(), offered::toString);
      for (String suite : offered) {
        if (suite.equals("TLS_EMPTY_RENEGOTIATION_INFO_SCSV") || suite.contains("_ECDSA_")) {
          // The one is no suite; the host's key here is RSA.
          continue;
        }
        try (SSLSocket socket = socket(client, server)) {
          boolean modern = !suite.contains("_WITH_");
          socket.setEnabledProtocols(new String[] {modern ? "TLSv1.3" : "TLSv1.2"});
          socket.setEnabledCipherSuites(new String[] {suite});
          if (strong.contains(suite)) {
            socket.startHandshake();
            assertEquals(suite, socket.getSession().getCipherSuite());
          } else {
            assertThrows(IOException.class, socket::startHandshake, suite);
          }
        }
      }
    } finally {
      site.close();
    }
  }

  private static SSLSocket socket(SecureClient client, SecureServer server) throws IOException {
    return (SSLSocket)
        client
            .sslContext(WireSite.LOCALHOST)
            .getSocketFactory()
            .createSocket("localhost", server.port());
  }
}
