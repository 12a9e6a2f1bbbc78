package org.hospes.wire.security;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import org.hospes.contract.common.FaultCategory;
import org.hospes.trust.credential.CredentialSource;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.trust.path.ValidatedPath;
import org.hospes.wire.refusal.RefusalException;

/** The client's end of TLS: one context for each expected server, each checking for itself. */
final class ClientTls {
  private final CredentialSource credential;
  private final ProvenPaths paths;
  private final Map<ExpectedServer, SSLContext> contexts = new ConcurrentHashMap<>();

  ClientTls(CredentialSource credential, ProvenPaths paths) {
    this.credential = credential;
    this.paths = paths;
  }

  SSLContext context(ExpectedServer expected) {
    return contexts.computeIfAbsent(
        expected,
        server ->
            TlsContexts.client(
                credential,
                paths,
                chain -> {
                  try {
                    check(List.of(chain), server);
                  } catch (RefusalException e) {
                    throw new CertificateException(e.getMessage(), e);
                  }
                }));
  }

  /**
   * Whether a chain is the expected server's.
   *
   * @throws RefusalException UNAUTHENTICATED, with what was expected and found
   */
  ValidatedPath check(List<X509Certificate> chain, ExpectedServer expected) {
    ValidatedPath path;
    try {
      path = paths.prove(chain).path();
    } catch (UntrustedPathException e) {
      throw RefusalException.of(
              FaultCategory.UNAUTHENTICATED,
              "server.untrusted",
              "the server's certificate is not trusted here: " + e.getMessage())
          .fact("server", e.subject())
          .fact("problem", e.code())
          .advice(PathAdvice.forServer(e.code()))
          .causedBy(e);
    }
    if (!ServerNames.match(path, expected)) {
      throw RefusalException.of(
              FaultCategory.UNAUTHENTICATED,
              "server.other",
              "another server answered: expected "
                  + expected
                  + ", found "
                  + path.endEntity()
                  + ServerNames.described(path.endEntityCertificate()))
          .fact("expected", expected)
          .fact("found", path.endEntity())
          .advice("Check the address; do not send anything to a server that is not the one meant.");
    }
    return path;
  }
}
