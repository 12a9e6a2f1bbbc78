package org.hospes.trust.path;

import eu.emi.security.authn.x509.CrlCheckingMode;
import eu.emi.security.authn.x509.NamespaceCheckingMode;
import eu.emi.security.authn.x509.OCSPCheckingMode;
import eu.emi.security.authn.x509.OCSPParametes;
import eu.emi.security.authn.x509.ProxySupport;
import eu.emi.security.authn.x509.RevocationParameters;
import eu.emi.security.authn.x509.StoreUpdateListener;
import eu.emi.security.authn.x509.ValidationResult;
import eu.emi.security.authn.x509.impl.OpensslCertChainValidator;
import eu.emi.security.authn.x509.impl.ValidatorParams;
import eu.emi.security.authn.x509.proxy.ProxyUtils;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A CA directory as it stood at one moment, and canl's judgement by it. A change makes a new
 * snapshot instead of updating this one: canl's own refresh keeps a CRL whose file is gone.
 */
final class DirectorySnapshot {
  private static final Logger LOG = LoggerFactory.getLogger(DirectorySnapshot.class);
  private static final int LONGEST_CHAIN = 24;

  private final Path directory;
  private final PathRules rules;
  private final String digest;
  private final SeenRevocations revocations;
  private final OpensslCertChainValidator canl;
  private final CrlShelf shelf;
  private final List<X509Certificate> anchors;
  private final Instant freshUntil;
  private final RecentPaths recent;

  DirectorySnapshot(
      Path directory,
      PathRules rules,
      DirectoryContent content,
      SeenRevocations revocations,
      Instant now) {
    this.directory = directory;
    this.rules = rules;
    this.digest = content.digest();
    this.revocations = revocations;
    this.canl = canl(directory, rules);
    this.anchors = List.copyOf(Arrays.asList(canl.getTrustedIssuers()));
    this.shelf = CrlShelf.of(directory, content);
    this.freshUntil = shelf.nextEnd(now).orElse(Instant.MAX);
    this.recent = new RecentPaths(freshUntil);
    revocations.remember(shelf.signedBy(anchors));
  }

  String digest() {
    return digest;
  }

  /** When the first of the CRLs that are in force ends. */
  Instant freshUntil() {
    return freshUntil;
  }

  List<X509Certificate> anchors() {
    return anchors;
  }

  List<CrlStatus> crls() {
    return shelf.statuses();
  }

  ValidatedPath validate(List<X509Certificate> chain, Instant now) throws UntrustedPathException {
    if (chain.isEmpty() || chain.size() > LONGEST_CHAIN) {
      String found = chain.isEmpty() ? "no certificate" : chain.size() + " certificates";
      throw new UntrustedPathException(
          chain.isEmpty() ? "no certificate" : DistinguishedName.ofSubject(chain.get(0)).slash(),
          List.of(
              new PathProblem(
                  PathProblems.OTHER,
                  -1,
                  "a chain of 1 to "
                      + LONGEST_CHAIN
                      + " certificates expected, "
                      + found
                      + " found")));
    }
    RecentPaths.Key key = RecentPaths.key(chain);
    ValidatedPath known = recent.find(key, now);
    if (known != null) {
      return known;
    }
    ValidatedPath path = judge(chain, now);
    recent.remember(key, path, now);
    return path;
  }

  private ValidatedPath judge(List<X509Certificate> chain, Instant now)
      throws UntrustedPathException {
    PathProblems problems = new PathProblems(chain, directory, shelf, now);
    X509Certificate[] certificates = chain.toArray(X509Certificate[]::new);
    X509Certificate endEntity = ProxyUtils.getEndUserCertificate(certificates);
    if (endEntity == null) {
      problems.add(PathProblems.PROXY, -1, "the chain holds proxies only, not who issued them");
    }
    for (X509Certificate above : judgeByCanl(certificates, problems)) {
      // A subordinate CA that is installed ends the path, so canl asks nobody about it.
      if (!chain.contains(above)) {
        revocations.revokedAt(above).ifPresent(when -> problems.revokedCa(above, when));
      }
    }
    for (int i = 0; i < chain.size(); i++) {
      X509Certificate certificate = chain.get(i);
      int at = i;
      revocations.revokedAt(certificate).ifPresent(when -> problems.revoked(at, when));
      if (now.isAfter(certificate.getNotAfter().toInstant())
          || now.isBefore(certificate.getNotBefore().toInstant())) {
        problems.outsideItsTime(i);
      }
      WeakAlgorithms.of(certificate).ifPresent(why -> problems.weak(at, why));
      if (!rules.legacyProxies() && ProxyKinds.isLegacy(certificate)) {
        problems.add(
            PathProblems.PROXY,
            i,
            DistinguishedName.ofSubject(certificate)
                + " is a proxy older than RFC 3820, which this site does not take; make one with"
                + " grid-proxy-init -rfc or voms-proxy-init -rfc");
      }
    }
    if (!problems.isEmpty()) {
      throw new UntrustedPathException(
          DistinguishedName.ofSubject(chain.get(0)).slash(), problems.list());
    }
    Instant end =
        chain.stream()
            .map(certificate -> certificate.getNotAfter().toInstant())
            .min(Instant::compareTo)
            .orElseThrow();
    return new ValidatedPath(
        chain, DistinguishedName.ofSubject(endEntity), endEntity, ProxyKinds.of(chain), end);
  }

  /** Adds what canl finds wrong; the answer is the path up to the anchor when nothing is. */
  private List<X509Certificate> judgeByCanl(X509Certificate[] chain, PathProblems problems) {
    ValidationResult result;
    try {
      result = canl.validate(chain);
    } catch (RuntimeException e) {
      // canl signals some malformed input so; what cannot be judged is not trusted.
      LOG.warn("a chain could not be judged", e);
      problems.add(PathProblems.OTHER, -1, "the chain could not be judged: " + e);
      return List.of();
    }
    if (result.isValid()) {
      return result.getValidChain() == null ? List.of() : result.getValidChain();
    } else {
      problems.add(result.getErrors());
      if (!result.getUnresolvedCriticalExtensions().isEmpty()) {
        problems.add(
            PathProblems.OTHER,
            -1,
            "critical extensions that nobody here understands: "
                + result.getUnresolvedCriticalExtensions());
      }
      if (problems.isEmpty()) {
        problems.add(PathProblems.OTHER, -1, "the chain does not validate: " + result);
      }
      return List.of();
    }
  }

  private static OpensslCertChainValidator canl(Path directory, PathRules rules) {
    RevocationParameters revocation =
        new RevocationParameters(
            rules.crlRequired() ? CrlCheckingMode.REQUIRE : CrlCheckingMode.IF_VALID,
            new OCSPParametes(OCSPCheckingMode.IGNORE));
    StoreUpdateListener log =
        (location, type, level, cause) -> {
          if (cause != null) {
            LOG.warn("{}: {} cannot be used: {}", location, type, cause.getMessage());
          }
        };
    return new OpensslCertChainValidator(
        directory.toString(),
        true,
        rules.namespacesRequired()
            ? NamespaceCheckingMode.EUGRIDPMA_AND_GLOBUS_REQUIRE
            : NamespaceCheckingMode.EUGRIDPMA_AND_GLOBUS,
        -1,
        new ValidatorParams(revocation, ProxySupport.ALLOW, List.of(log)),
        false);
  }
}
