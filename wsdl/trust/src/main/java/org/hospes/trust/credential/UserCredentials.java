package org.hospes.trust.credential;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import org.hospes.trust.path.ProxyKind;
import org.hospes.trust.path.ProxyKinds;

/**
 * Finds a person's papers where Globus and VOMS tools leave them: {@code X509_USER_PROXY}; {@code
 * X509_USER_CERT} with {@code X509_USER_KEY}; the proxy {@code /tmp/x509up_u<uid>}; {@code
 * ~/.globus/usercert.pem} with {@code userkey.pem}. The first that is there is taken; when it
 * cannot be used, that is said and no other is tried.
 *
 * @param environment the environment variables
 * @param home the person's home directory
 * @param temporary where proxies by user id lie, {@code /tmp} on every grid
 * @param uid the user id
 * @param passphrase asked only for an encrypted key; returns null when there is no terminal
 */
public record UserCredentials(
    Map<String, String> environment,
    Path home,
    Path temporary,
    long uid,
    Supplier<char[]> passphrase) {

  /** Which papers are taken. */
  public enum Mode {
    /** A proxy as well as a certificate. */
    ANY,
    /** A certificate only, for signing images: a signature outlives a proxy. */
    NO_PROXY
  }

  /** Takes everything as given. */
  public UserCredentials {
    environment = Map.copyOf(environment);
  }

  /** The same with proxies in {@code /tmp}. */
  public UserCredentials(
      Map<String, String> environment, Path home, long uid, Supplier<char[]> passphrase) {
    this(environment, home, Path.of("/tmp"), uid, passphrase);
  }

  /**
   * Finds and reads the papers.
   *
   * @throws CredentialException {@code credential.missing} with every place looked at, or what is
   *     wrong with the papers found
   */
  public Credential find(Mode mode) throws CredentialException {
    boolean proxies = mode == Mode.ANY;
    String proxy = environment.getOrDefault("X509_USER_PROXY", "");
    if (proxies && !proxy.isBlank()) {
      return PemCredentials.loadProxy(Path.of(proxy));
    }
    String certificate = environment.getOrDefault("X509_USER_CERT", "");
    String key = environment.getOrDefault("X509_USER_KEY", "");
    if (!certificate.isBlank() || !key.isBlank()) {
      return fromEnvironment(certificate, key, mode);
    }
    Path byUid = temporary.resolve("x509up_u" + uid);
    if (proxies && Files.exists(byUid)) {
      refuseForeign(byUid);
      return PemCredentials.loadProxy(byUid);
    }
    Path userCertificate = home.resolve(".globus/usercert.pem");
    Path userKey = home.resolve(".globus/userkey.pem");
    if (Files.exists(userCertificate) || Files.exists(userKey)) {
      return refuseProxy(PemCredentials.load(userCertificate, userKey, passphrase), mode);
    }
    String places =
        (proxies ? "$X509_USER_PROXY, " : "")
            + "$X509_USER_CERT with $X509_USER_KEY, "
            + (proxies ? byUid + ", " : "")
            + userCertificate
            + " with userkey.pem";
    throw new CredentialException(
            "credential.missing",
            null,
            "no grid certificate"
                + (proxies ? " or proxy" : "")
                + " was found; looked at "
                + places,
            proxies
                ? "make a proxy with grid-proxy-init -rfc or voms-proxy-init -rfc, or set"
                    + " X509_USER_CERT and X509_USER_KEY"
                : "set X509_USER_CERT and X509_USER_KEY; a proxy cannot sign images")
        .fact("looked-at", places);
  }

  /** Anybody may make a file in {@code /tmp} under this name. */
  private void refuseForeign(Path proxy) throws CredentialException {
    try {
      long owner = ((Number) Files.getAttribute(proxy, "unix:uid")).longValue();
      if (owner != uid) {
        throw new CredentialException(
                "credential.foreign",
                proxy,
                "this proxy belongs to user id " + owner + ", not to " + uid,
                "remove it, or name your own with X509_USER_PROXY")
            .fact("expected", String.valueOf(uid))
            .fact("found", String.valueOf(owner));
      }
    } catch (IOException e) {
      throw new CredentialException(
              "credential.missing", proxy, "its owner cannot be read: " + e, null)
          .because(e);
    }
  }

  private Credential fromEnvironment(String certificate, String key, Mode mode)
      throws CredentialException {
    if (certificate.isBlank() || key.isBlank()) {
      String missing = certificate.isBlank() ? "X509_USER_CERT" : "X509_USER_KEY";
      String present = certificate.isBlank() ? "X509_USER_KEY" : "X509_USER_CERT";
      throw new CredentialException(
          "credential.missing",
          null,
          present + " is set and " + missing + " is not",
          "set both, or neither");
    }
    Credential found = PemCredentials.load(Path.of(certificate), Path.of(key), passphrase);
    return refuseProxy(found, mode);
  }

  private static Credential refuseProxy(Credential credential, Mode mode)
      throws CredentialException {
    if (mode == Mode.NO_PROXY && ProxyKinds.of(credential.leaf()) != ProxyKind.NONE) {
      throw new CredentialException(
          "credential.proxy",
          Path.of(credential.origin()),
          "this is a proxy, and a proxy cannot sign images",
          "set X509_USER_CERT and X509_USER_KEY to your own certificate and key");
    }
    return credential;
  }
}
