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
 * @param sha1Certificates whether certificates signed over SHA-1 are taken; an anchor is trusted
 *     because it is installed, and its own signature never looked at
 * @param seenRevocations the file that remembers every revocation ever seen, because a CA may drop
 *     a certificate from its CRL once it expired; without it they are remembered until restart
 */
public record PathRules(
    boolean crlRequired,
    boolean namespacesRequired,
    boolean legacyProxies,
    boolean sha1Certificates,
    Optional<Path> seenRevocations) {

  /**
   * CRLs and namespaces required, no legacy proxies, SHA-1 in certificates taken, as grids still
   * issue them; revocations remembered in memory only.
   */
  public static PathRules strict() {
    return new PathRules(true, true, false, true, Optional.empty());
  }

  /** The same rules with revocations remembered in a file; its directory must exist. */
  public PathRules rememberingIn(Path file) {
    return new PathRules(
        crlRequired, namespacesRequired, legacyProxies, sha1Certificates, Optional.of(file));
  }

  /** The same rules, as an operator chose for old proxies and certificates. */
  public PathRules taking(boolean oldProxies, boolean sha1) {
    return new PathRules(crlRequired, namespacesRequired, oldProxies, sha1, seenRevocations);
  }
}
