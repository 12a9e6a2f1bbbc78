package org.hospes.trust.path;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How strictly a {@link CertificateDirectory} judges.
 *
 * @param crlRequired a CA without a CRL in force is not trusted; otherwise its CRL counts only when
 *     there is one
 * @param namespacesRequired a CA without a signing policy or namespaces file is not trusted
 * @param legacyProxies whether proxies older than RFC 3820 are taken
 * @param seenRevocations the file that remembers every revocation ever seen, because a CA may drop
 *     a certificate from its CRL once it expired; without it they are remembered until restart
 */
public record PathRules(
    boolean crlRequired,
    boolean namespacesRequired,
    boolean legacyProxies,
    Optional<Path> seenRevocations) {

  /** CRLs and namespaces required, no legacy proxies, revocations remembered in memory only. */
  public static PathRules strict() {
    return new PathRules(true, true, false, Optional.empty());
  }

  /** The same rules with revocations remembered in a file; its directory must exist. */
  public PathRules rememberingIn(Path file) {
    return new PathRules(crlRequired, namespacesRequired, legacyProxies, Optional.of(file));
  }
}
