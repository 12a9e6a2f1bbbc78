package org.hospes.trust.path;

import eu.emi.security.authn.x509.ValidationError;
import eu.emi.security.authn.x509.ValidationErrorCategory;
import eu.emi.security.authn.x509.ValidationErrorCode;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Gathers what is wrong with one chain and says it so that a person knows what to mend. */
final class PathProblems {
  static final String REVOKED = "path.revoked";
  static final String EXPIRED = "path.expired";
  static final String CA_UNKNOWN = "path.ca.unknown";
  static final String CA_UNREADABLE = "path.ca.unreadable";
  static final String CRL_MISSING = "path.crl.missing";
  static final String CRL_EXPIRED = "path.crl.expired";
  static final String NAMESPACE = "path.namespace";
  static final String PROXY = "path.proxy";
  static final String OTHER = "path.other";

  private static final List<String> TELLING =
      List.of(
          REVOKED,
          EXPIRED,
          CA_UNKNOWN,
          CA_UNREADABLE,
          CRL_EXPIRED,
          CRL_MISSING,
          NAMESPACE,
          PROXY,
          OTHER);

  private final Map<String, PathProblem> found = new LinkedHashMap<>();
  private final List<X509Certificate> chain;
  private final Path directory;
  private final CrlShelf shelf;
  private final Instant at;
  private final Instant now;

  /**
   * What is wrong with a chain.
   *
   * @param at the moment at which its certificates must be valid
   * @param now the present, at which CRLs must be in force
   */
  PathProblems(
      List<X509Certificate> chain, Path directory, CrlShelf shelf, Instant at, Instant now) {
    this.chain = chain;
    this.directory = directory;
    this.shelf = shelf;
    this.at = at;
    this.now = now;
  }

  /** Adds one; a second one of the same code at the same place tells nothing new. */
  void add(String code, int position, String message) {
    found.putIfAbsent(code + "@" + position, new PathProblem(code, position, message));
  }

  void add(Collection<ValidationError> errors) {
    errors.forEach(this::add);
  }

  void revoked(int position, Instant at) {
    add(REVOKED, position, whose(position) + " was revoked by its CA at " + at);
  }

  void revokedCa(X509Certificate ca, Instant at) {
    add(REVOKED, -1, "the CA " + DistinguishedName.ofSubject(ca) + " was revoked at " + at);
  }

  /** Of the certificate's CA, which is left out because of what is wrong with a file of its own. */
  void unreadableCa(int position, X509Certificate certificate, String why) {
    add(
        CA_UNREADABLE,
        position,
        "the CA "
            + DistinguishedName.of(certificate.getIssuerX500Principal())
            + " stands in "
            + directory
            + ", but nobody of it is trusted until this file can be read: "
            + why);
  }

  void weak(int position, String why) {
    add(OTHER, position, whose(position) + " " + why);
  }

  void outsideItsTime(int position) {
    X509Certificate certificate = chain.get(position);
    Instant begin = certificate.getNotBefore().toInstant();
    // A moment of the future is asked of canl as the present.
    boolean early = at.isBefore(begin) || now.isBefore(begin);
    String when = at.equals(now) ? ", now is " + now : ", asked for " + at + ", now is " + now;
    add(
        EXPIRED,
        position,
        whose(position)
            + (early
                ? " is not valid before "
                    + begin
                    + when
                    + (at.equals(now) ? "; check the clock" : "")
                : " expired at " + certificate.getNotAfter().toInstant() + when));
  }

  boolean has(String code) {
    return found.values().stream().anyMatch(problem -> problem.code().equals(code));
  }

  boolean isEmpty() {
    return found.isEmpty();
  }

  /** Every problem, the most telling first. */
  List<PathProblem> list() {
    List<PathProblem> problems = new ArrayList<>(found.values());
    if (has(CA_UNREADABLE)) {
      problems.removeIf(problem -> problem.code().equals(CA_UNKNOWN));
    }
    if (has(CA_UNREADABLE) || has(CA_UNKNOWN)) {
      // Without a CA there is neither CRL nor signing policy to find: no news.
      problems.removeIf(
          problem -> problem.code().startsWith("path.crl.") || problem.code().equals(NAMESPACE));
    }
    problems.sort(
        Comparator.comparingInt((PathProblem problem) -> TELLING.indexOf(problem.code()))
            .thenComparingInt(PathProblem::position));
    return problems;
  }

  private void add(ValidationError error) {
    int position = error.getPosition() < chain.size() ? error.getPosition() : -1;
    ValidationErrorCode code = error.getErrorCode();
    switch (code) {
      case certRevoked, ocspCertRevoked ->
          add(REVOKED, position, whose(position) + " was revoked: " + error.getMessage());
      case noCrlForExpiredCert -> {
        if (at.equals(now)) {
          outsideItsTime(Math.max(position, 0));
        }
      }
      case certificateExpired, certificateNotYetValid -> {
        if (position >= 0) {
          outsideItsTime(position);
        } else {
          add(EXPIRED, -1, error.getMessage());
        }
      }
      case noTrustAnchorFound,
          noIssuerPublicKey,
          trustButInvalidCert,
          rootKeyIsValidButNotATrustAnchor,
          invalidCertificatePath ->
          add(CA_UNKNOWN, -1, unknownCa());
      default -> addByCategory(error, position);
    }
  }

  private void addByCategory(ValidationError error, int position) {
    ValidationErrorCategory category = error.getErrorCategory();
    switch (category) {
      case CRL -> addCrl(error.getMessage(), position);
      case NAMESPACE -> addNamespace(error, position);
      case INVALID_PROXY_CERT, INCONSISTENT_PROXY_CHAIN ->
          add(PROXY, position, whose(position) + ": " + error.getMessage());
      default ->
          found.putIfAbsent(
              OTHER + error.getErrorCode() + "@" + position,
              new PathProblem(OTHER, position, whose(position) + ": " + error.getMessage()));
    }
  }

  void withoutCrl(int position) {
    addCrl("it is not signed by that CA, or names no end", position);
  }

  private void addCrl(String why, int position) {
    int at = Math.max(position, 0);
    DistinguishedName issuer = DistinguishedName.of(chain.get(at).getIssuerX500Principal());
    Optional<CrlStatus> crl = shelf.newest(chain.get(at).getIssuerX500Principal());
    if (crl.isEmpty()) {
      add(
          CRL_MISSING,
          at,
          "there is no CRL of " + issuer + " in " + directory + "; fetch it, as fetch-crl does");
    } else if (crl.get().nextUpdate() != null && !crl.get().nextUpdate().isAfter(now)) {
      add(
          CRL_EXPIRED,
          at,
          "the CRL of "
              + issuer
              + ", "
              + crl.get().file()
              + ", ended at "
              + crl.get().nextUpdate()
              + ", now is "
              + now
              + "; fetch the new one, as fetch-crl does");
    } else {
      add(
          CRL_MISSING,
          at,
          "the CRL of " + issuer + ", " + crl.get().file() + ", cannot be used: " + why);
    }
  }

  private void addNamespace(ValidationError error, int position) {
    int at = Math.max(position, 0);
    DistinguishedName issuer = DistinguishedName.of(chain.get(at).getIssuerX500Principal());
    String why =
        error.getErrorCode() == ValidationErrorCode.nsUndefinedAndRequired
            ? "there is neither a signing policy nor a namespaces file of "
                + issuer
                + " in "
                + directory
            : whose(at)
                + " has a name that the signing policy of "
                + issuer
                + " in "
                + directory
                + " does not give it";
    add(NAMESPACE, at, why);
  }

  private String unknownCa() {
    X509Certificate top = chain.get(chain.size() - 1);
    DistinguishedName issuer = DistinguishedName.of(top.getIssuerX500Principal());
    return "no CA in "
        + directory
        + " vouches for this chain; its top names the issuer "
        + issuer
        + ": install that CA's certificate, signing policy and CRL, if the site trusts it";
  }

  private String whose(int position) {
    if (position < 0) {
      return "the chain";
    }
    DistinguishedName subject = DistinguishedName.ofSubject(chain.get(position));
    return (position == 0 ? "the certificate of " : "the certificate in the chain of ") + subject;
  }
}
