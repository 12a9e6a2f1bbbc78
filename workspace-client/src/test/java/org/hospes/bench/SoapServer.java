package org.hospes.bench;

import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.trust.caller.CallerReader;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.security.SecureServer;
import org.hospes.wire.testsite.WireSite;

/**
 * A workspace service whose answers cost nothing, so that what is measured is the wire: TLS,
 * signatures, the callers' chains and attributes, XML. Writes the users' papers beside it.
 */
public final class SoapServer {
  private SoapServer() {}

  /** One argument: an empty folder for the papers. */
  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    try (WireSite site = WireSite.create(folder)) {
      Credential ada = site.pki().user("Ada Physicist");
      site.pki().writeCertificate(ada, "ada.pem");
      site.pki().writeKey(ada, "ada.key");
      site.pki().writeProxy(site.pki().proxy(ada, ProxyKind.FULL), "ada.proxy");
      CallerReader callers = new CallerReader(site.paths(), Optional.empty(), Clock.systemUTC());
      SecureServer server =
          site.start(
              site.server()
                  .callers(callers::read)
                  .signed(SoapRate.PATH, new OneWorkspace(), WorkspacePort.class, SoapRate.WSDL));
      OtherJava.serveUntilClosed(server.port() + " " + site.pki().caDirectory());
    }
  }
}
