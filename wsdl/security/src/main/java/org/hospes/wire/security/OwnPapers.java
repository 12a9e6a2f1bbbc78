package org.hospes.wire.security;

import java.util.stream.Collectors;
import org.hospes.contract.common.FaultCategory;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.credential.CredentialSource;
import org.hospes.trust.path.PathProblem;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.wire.refusal.RefusalException;

/** The client's own chain, judged before anything is sent. */
final class OwnPapers {
  private final CredentialSource source;
  private final ProvenPaths paths;
  private volatile CredentialCrypto signing;

  OwnPapers(CredentialSource source, ProvenPaths paths) {
    this.source = source;
    this.paths = paths;
  }

  /** The credential in force, found good just now, ready to sign. */
  @SuppressWarnings("ReferenceEquality") // a source hands out the same object until it has another
  CredentialCrypto check() {
    Credential credential = source.current();
    try {
      paths.prove(credential.chain());
    } catch (UntrustedPathException e) {
      throw refusal(credential, e);
    }
    CredentialCrypto current = signing;
    if (current == null || current.credential() != credential) {
      current = new CredentialCrypto(credential);
      signing = current;
    }
    return current;
  }

  /** Proxies and chains need a PKIPath: an X509v3 token carries the leaf alone. */
  boolean needPath() {
    return source.current().chain().size() > 1;
  }

  private static RefusalException refusal(Credential credential, UntrustedPathException e) {
    return RefusalException.of(
            FaultCategory.UNAUTHENTICATED,
            e.code(),
            "your own certificate does not hold ("
                + credential.origin()
                + "): "
                + e.problems().stream().map(PathProblem::message).collect(Collectors.joining("; ")))
        .fact("subject", e.subject())
        .fact("issuer", credential.leaf().getIssuerX500Principal().getName())
        .fact("notAfter", credential.leaf().getNotAfter().toInstant())
        .fact("file", credential.origin())
        .fact(
            "problems",
            e.problems().stream()
                .map(PathProblem::code)
                .distinct()
                .collect(Collectors.joining(" ")))
        .advice(PathAdvice.forOwn(e.code()))
        .causedBy(e);
  }
}
