package org.hospes.trust.path;

import eu.emi.security.authn.x509.CrlCheckingMode;
import eu.emi.security.authn.x509.NamespaceCheckingMode;
import eu.emi.security.authn.x509.OCSPCheckingMode;
import eu.emi.security.authn.x509.OCSPParametes;
import eu.emi.security.authn.x509.ProxySupport;
import eu.emi.security.authn.x509.RevocationParameters;
import eu.emi.security.authn.x509.StoreUpdateListener;
import eu.emi.security.authn.x509.ValidationResult;
import eu.emi.security.authn.x509.helpers.trust.OpensslTruststoreHelper;
import eu.emi.security.authn.x509.impl.ValidatorParams;
import eu.emi.security.authn.x509.proxy.ProxyUtils;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.security.cert.CRLReason;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A CA directory as it stood at one moment, and canl's judgement by it. A change makes a new
 * snapshot instead of updating this one: canl's own refresh keeps a CRL whose file is gone.
 */
final class DirectorySnapshot {
  private static final Logger LOG = LoggerFactory.getLogger(DirectorySnapshot.class);
  private static final int LONGEST_CHAIN = 24;

  /** Without a CRL nobody of its CA is trusted, so that one that is none needs no more. */
  private static final Set<String> NEEDED =
      Set.of(
          StoreUpdateListener.CA_CERT,
          StoreUpdateListener.EUGRIDPMA_NAMESPACE,
          StoreUpdateListener.EACL_NAMESPACE);

  private final Path directory;
  private final PathRules rules;
  private final String digest;
  private final SeenRevocations revocations;
  private final DatedValidator canl;
  private final SortedMap<String, String> leftOut;
  private final Set<String> installed;
  private final CrlShelf shelf;
  private final List<X509Certificate> anchors;
  private final Instant freshUntil;
  private final RecentPaths recent;
  private final List<X509CRL> signedCrls;

  DirectorySnapshot(
      Path directory,
      PathRules rules,
      DirectoryContent content,
      SeenRevocations revocations,
      Instant now)
      throws IOException {
    this.directory = directory;
    this.rules = rules;
    this.digest = content.digest();
    this.revocations = revocations;
    ReadableAuthorities<DatedValidator> authorities =
        ReadableAuthorities.of(
            directory, content, (folder, passedOver) -> canl(folder, rules, passedOver));
    this.canl = authorities.read();
    this.leftOut = authorities.leftOut();
    this.installed = content.installed();
    this.anchors = List.copyOf(Arrays.asList(canl.getTrustedIssuers()));
    this.shelf = CrlShelf.of(directory, content);
    this.freshUntil = shelf.nextEnd(now).orElse(Instant.MAX);
    this.recent = new RecentPaths(freshUntil);
    this.signedCrls = shelf.signedBy(anchors);
    // Also of a CA that is left out: it may have revoked one below it that is installed besides.
    revocations.remember(shelf.signedBy(content.certificates()));
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

  /** Of which CAs nobody is trusted since a file of theirs cannot be read, and which and why. */
  List<String> unreadable() {
    return leftOut.entrySet().stream()
        .map(
            out ->
                "nobody of the CA "
                    + out.getKey()
                    + " is trusted, since one of its files cannot be read: "
                    + out.getValue())
        .toList();
  }

  ValidatedPath validate(List<X509Certificate> chain, Instant now) throws UntrustedPathException {
    requireSomeLength(chain);
    RecentPaths.Key key = RecentPaths.key(chain);
    ValidatedPath known = recent.find(key, now);
    if (known != null) {
      return known;
    }
    ValidatedPath path = judgeWhateverComes(chain, now, now);
    recent.remember(key, path, now);
    return path;
  }

  /** Judges at another time than the present; CRLs and revocations are those of the present. */
  ValidatedPath validateAt(List<X509Certificate> chain, Instant at, Instant now)
      throws UntrustedPathException {
    requireSomeLength(chain);
    return judgeWhateverComes(chain, at, now);
  }

  /** Whom a refusal speaks of; a certificate may have a name that cannot be written. */
  static String subject(List<X509Certificate> chain) {
    if (chain.isEmpty()) {
      return "no certificate";
    }
    try {
      return DistinguishedName.ofSubject(chain.get(0)).slash();
    } catch (IllegalArgumentException e) {
      return "a certificate without a name";
    }
  }

  private static void requireSomeLength(List<X509Certificate> chain) throws UntrustedPathException {
    if (chain.isEmpty() || chain.size() > LONGEST_CHAIN) {
      String found = chain.isEmpty() ? "no certificate" : chain.size() + " certificates";
      throw refusal(
          chain,
          "a chain of 1 to " + LONGEST_CHAIN + " certificates expected, " + found + " found");
    }
  }

  private static UntrustedPathException refusal(List<X509Certificate> chain, String why) {
    return new UntrustedPathException(
        subject(chain), List.of(new PathProblem(PathProblems.OTHER, -1, why)));
  }

  /** What breaks a parser is refused like anything else, not passed on as a mistake of ours. */
  private ValidatedPath judgeWhateverComes(List<X509Certificate> chain, Instant at, Instant now)
      throws UntrustedPathException {
    try {
      return judge(chain, at, now);
    } catch (RuntimeException | StackOverflowError e) {
      LOG.warn("a chain could not be judged", e);
      throw refusal(chain, "the chain could not be judged: " + e);
    }
  }

  private ValidatedPath judge(List<X509Certificate> chain, Instant at, Instant now)
      throws UntrustedPathException {
    PathProblems problems = new PathProblems(chain, directory, shelf, at, now);
    for (int i = 0; i < chain.size(); i++) {
      int position = i;
      WeakAlgorithms.of(chain.get(i)).ifPresent(why -> problems.weak(position, why));
      if (!rules.sha1Certificates() && !anchors.contains(chain.get(i))) {
        WeakAlgorithms.sha1(chain.get(i)).ifPresent(why -> problems.weak(position, why));
      }
    }
    if (!problems.isEmpty()) {
      // Before a signature is verified with such a key.
      throw new UntrustedPathException(subject(chain), problems.list());
    }
    X509Certificate[] certificates = chain.toArray(X509Certificate[]::new);
    X509Certificate endEntity = ProxyUtils.getEndUserCertificate(certificates);
    if (endEntity == null) {
      problems.add(PathProblems.PROXY, -1, "the chain holds proxies only, not who issued them");
    }
    List<X509Certificate> whole = judgeByCanl(certificates, problems, at, now);
    tooManyAuthorities(whole).ifPresent(why -> problems.add(PathProblems.OTHER, -1, why));
    for (X509Certificate above : whole) {
      // A subordinate CA that is installed ends the path, so canl asks nobody about it.
      if (!chain.contains(above)) {
        revocations.revokedAt(above).ifPresent(when -> problems.revokedCa(above, when));
      }
    }
    for (int i = 0; i < chain.size(); i++) {
      X509Certificate certificate = chain.get(i);
      int position = i;
      // An anchor needs no issuer, but canl holds it to what its issuer may sign.
      if (!anchors.contains(certificate) || problems.has(PathProblems.NAMESPACE)) {
        unreadableIssuer(certificate)
            .ifPresent(why -> problems.unreadableCa(position, certificate, why));
      }
      revocations.revokedAt(certificate).ifPresent(when -> problems.revoked(position, when));
      if (!at.equals(now)) {
        // canl takes what was revoked after that moment for good.
        listed(certificate).ifPresent(when -> problems.revoked(position, when));
        if (rules.crlRequired() && needsCrl(certificate) && !hasCrl(certificate, now)) {
          problems.withoutCrl(position);
        }
      }
      if (at.isAfter(certificate.getNotAfter().toInstant())
          || at.isBefore(certificate.getNotBefore().toInstant())) {
        problems.outsideItsTime(i);
      }
      tooFar(certificate, i).ifPresent(why -> problems.add(PathProblems.PROXY, position, why));
      if (!rules.legacyProxies() && ProxyKinds.isLegacy(certificate)) {
        problems.add(
            PathProblems.PROXY,
            i,
            DistinguishedName.ofSubject(certificate)
                + " is a proxy older than RFC 3820, which this site does not take; make one with"
                + " grid-proxy-init -rfc or voms-proxy-init -rfc");
      }
    }
    if (problems.has(PathProblems.NAMESPACE)) {
      for (X509Certificate above : anchorsAbove(chain.get(chain.size() - 1))) {
        unreadableIssuer(above).ifPresent(why -> problems.unreadableCa(-1, above, why));
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

  /**
   * RFC 3820, 4.1.4: how many proxies stand before this one. canl counts as well, but in 32 bits
   * and with -1 for no limit.
   */
  private static Optional<String> tooFar(X509Certificate certificate, int before) {
    if (ProxyKinds.of(certificate) == ProxyKind.NONE) {
      return Optional.empty();
    }
    String whose = "the proxy " + DistinguishedName.ofSubject(certificate);
    try {
      return ProxyKinds.mayFollow(certificate)
          .filter(most -> most.compareTo(BigInteger.valueOf(before)) < 0)
          .map(most -> whose + " allows " + most + " proxies after it, " + before + " found");
    } catch (IllegalArgumentException e) {
      return Optional.of(
          whose + " says how many proxies may follow it in a way that cannot be read");
    }
  }

  /**
   * RFC 5280, 4.2.1.9: how many CAs may follow one, those that issued themselves anew not counted.
   * Whoever judges by the RFC's algorithm alone lets an anchor's own limit be.
   *
   * @param path from the leaf to the anchor
   */
  private static Optional<String> tooManyAuthorities(List<X509Certificate> path) {
    int below = 0;
    for (X509Certificate certificate : path) {
      int most = certificate.getBasicConstraints();
      if (most < 0 || ProxyKinds.of(certificate) != ProxyKind.NONE) {
        continue;
      }
      if (below > most) {
        return Optional.of(
            "the CA "
                + DistinguishedName.ofSubject(certificate)
                + " lets "
                + most
                + " CAs follow, "
                + below
                + " found");
      }
      boolean byItself =
          certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal());
      below += byItself ? 0 : 1;
    }
    return Optional.empty();
  }

  /**
   * What is wrong with the files of the CA that issued a certificate, when they stand in the
   * directory; of a CA that somebody took out, whatever is left of its files, nothing is wrong.
   */
  private Optional<String> unreadableIssuer(X509Certificate certificate) {
    if (leftOut.isEmpty() || ProxyKinds.of(certificate) != ProxyKind.NONE) {
      return Optional.empty();
    }
    String issuer =
        OpensslTruststoreHelper.getOpenSSLCAHash(certificate.getIssuerX500Principal(), true);
    return installed.contains(issuer) ? Optional.ofNullable(leftOut.get(issuer)) : Optional.empty();
  }

  /** The anchors towards the root, as far as they are installed. */
  private List<X509Certificate> anchorsAbove(X509Certificate top) {
    List<X509Certificate> above = new ArrayList<>();
    Optional<X509Certificate> next = issuer(top);
    while (next.isPresent() && above.size() < LONGEST_CHAIN) {
      above.add(next.get());
      next = issuer(next.get());
    }
    return above;
  }

  private Optional<X509Certificate> issuer(X509Certificate of) {
    return anchors.stream()
        .filter(anchor -> anchor.getSubjectX500Principal().equals(of.getIssuerX500Principal()))
        .findFirst();
  }

  /** When the CRLs that stand in the directory say the certificate was revoked or put on hold. */
  private Optional<Instant> listed(X509Certificate certificate) {
    return signedCrls.stream()
        .filter(crl -> crl.getIssuerX500Principal().equals(certificate.getIssuerX500Principal()))
        .map(crl -> crl.getRevokedCertificate(certificate))
        .filter(Objects::nonNull)
        .filter(entry -> entry.getRevocationReason() != CRLReason.REMOVE_FROM_CRL)
        .map(entry -> entry.getRevocationDate().toInstant())
        .findFirst();
  }

  /**
   * Proxies are listed by nobody, and an anchor that came along in the chain is nobody's to list.
   */
  private boolean needsCrl(X509Certificate certificate) {
    return ProxyKinds.of(certificate) == ProxyKind.NONE && !anchors.contains(certificate);
  }

  private boolean hasCrl(X509Certificate certificate, Instant now) {
    return signedCrls.stream()
        .filter(crl -> crl.getIssuerX500Principal().equals(certificate.getIssuerX500Principal()))
        .map(X509CRL::getNextUpdate)
        .anyMatch(end -> end != null && end.toInstant().isAfter(now));
  }

  /** Adds what canl finds wrong; the answer is the path up to the anchor when nothing is. */
  private List<X509Certificate> judgeByCanl(
      X509Certificate[] chain, PathProblems problems, Instant at, Instant now) {
    // Periods are looked at besides, so that a moment of the future is judged as well.
    ValidationResult result = at.isBefore(now) ? canl.validateAt(chain, at) : canl.validate(chain);
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

  private static DatedValidator canl(
      Path directory, PathRules rules, BiConsumer<String, Exception> passedOver) {
    RevocationParameters revocation =
        new RevocationParameters(
            rules.crlRequired() ? CrlCheckingMode.REQUIRE : CrlCheckingMode.IF_VALID,
            new OCSPParametes(OCSPCheckingMode.IGNORE));
    StoreUpdateListener log =
        (location, type, level, cause) -> {
          if (cause != null) {
            LOG.warn("{}: {} cannot be used: {}", location, type, cause.getMessage());
          }
          if (cause != null
              && level == StoreUpdateListener.Severity.ERROR
              && NEEDED.contains(type)) {
            passedOver.accept(location.substring(location.lastIndexOf('/') + 1), cause);
          }
        };
    return new DatedValidator(
        directory,
        rules.namespacesRequired()
            ? NamespaceCheckingMode.EUGRIDPMA_AND_GLOBUS_REQUIRE
            : NamespaceCheckingMode.EUGRIDPMA_AND_GLOBUS,
        new ValidatorParams(revocation, ProxySupport.ALLOW, List.of(log)));
  }
}
