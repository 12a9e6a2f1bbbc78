package org.hospes.e2e;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.credential.CredentialException;
import org.hospes.trust.credential.PemCredentials;

/**
 * Somebody with papers.
 *
 * @param proxy used instead of the certificate when there is one
 */
record Person(Path certificate, Path key, Optional<Path> proxy, Path caDirectory) {
  static Person of(Path grid, String id) {
    Path papers = grid.resolve("people").resolve(id);
    return new Person(
        papers.resolve("usercert.pem"),
        papers.resolve("userkey.pem"),
        Optional.empty(),
        grid.resolve("certificates"));
  }

  static Person host(Path grid, String name) {
    Path papers = grid.resolve("hosts").resolve(name);
    return new Person(
        papers.resolve("hostcert.pem"),
        papers.resolve("hostkey.pem"),
        Optional.empty(),
        grid.resolve("certificates"));
  }

  Person with(Path proxyFile) {
    return new Person(certificate, key, Optional.of(proxyFile), caDirectory);
  }

  /** The same person, who believes other authorities. */
  Person believing(Path directory) {
    return new Person(certificate, key, proxy, directory);
  }

  Credential credential() throws CredentialException {
    return proxy.isPresent()
        ? PemCredentials.loadProxy(proxy.get())
        : PemCredentials.load(certificate, key, () -> new char[0]);
  }

  /** What their shell has set. */
  Map<String, String> environment() {
    Map<String, String> set = new HashMap<>();
    set.put("X509_CERT_DIR", caDirectory.toString());
    set.put("X509_USER_CERT", certificate.toString());
    set.put("X509_USER_KEY", key.toString());
    proxy.ifPresent(file -> set.put("X509_USER_PROXY", file.toString()));
    return set;
  }
}
