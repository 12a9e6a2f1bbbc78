package org.hospes.trust.path;

import eu.emi.security.authn.x509.helpers.trust.OpensslTruststoreHelper;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import javax.security.auth.x500.X500Principal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The CRLs of a directory, read once: to report their age, and to remember what they revoke. */
final class CrlShelf {
  private static final Logger LOG = LoggerFactory.getLogger(CrlShelf.class);

  private record Shelved(Path file, X509CRL crl) {}

  private final List<Shelved> crls = new ArrayList<>();

  static CrlShelf of(Path directory, DirectoryContent content) {
    CrlShelf shelf = new CrlShelf();
    content
        .files()
        .forEach(
            (name, bytes) -> {
              if (DirectoryContent.isCrl(name)) {
                shelf.add(directory.resolve(name), bytes);
              }
            });
    return shelf;
  }

  List<CrlStatus> statuses() {
    return crls.stream().map(CrlShelf::status).toList();
  }

  /** The newest CRL of an issuer, whether in force or not. */
  Optional<CrlStatus> newest(X500Principal issuer) {
    return crls.stream()
        .filter(shelved -> shelved.crl.getIssuerX500Principal().equals(issuer))
        .map(CrlShelf::status)
        .reduce((a, b) -> a.thisUpdate().isBefore(b.thisUpdate()) ? b : a);
  }

  /** The first moment after {@code now} at which some CRL is no longer in force. */
  Optional<Instant> nextEnd(Instant now) {
    return crls.stream()
        .map(shelved -> shelved.crl.getNextUpdate())
        .filter(Objects::nonNull)
        .map(Date::toInstant)
        .filter(end -> end.isAfter(now))
        .min(Instant::compareTo);
  }

  /** Those CRLs that one of the anchors really signed. */
  List<X509CRL> signedBy(List<X509Certificate> anchors) {
    return crls.stream()
        .filter(shelved -> anchors.stream().anyMatch(anchor -> isSignedBy(shelved, anchor)))
        .map(Shelved::crl)
        .toList();
  }

  private static boolean isSignedBy(Shelved shelved, X509Certificate anchor) {
    if (!anchor.getSubjectX500Principal().equals(shelved.crl.getIssuerX500Principal())) {
      return false;
    }
    try {
      shelved.crl.verify(anchor.getPublicKey());
      return true;
    } catch (GeneralSecurityException | RuntimeException e) {
      // Bouncy Castle has no checked exception for a key that is none.
      LOG.warn(
          "{}: not signed by the key of {} in this directory: {}",
          shelved.file,
          DistinguishedName.ofSubject(anchor),
          e.getMessage());
      return false;
    }
  }

  private static CrlStatus status(Shelved shelved) {
    Date next = shelved.crl.getNextUpdate();
    return new CrlStatus(
        DistinguishedName.of(shelved.crl.getIssuerX500Principal()),
        shelved.file,
        shelved.crl.getThisUpdate().toInstant(),
        next == null ? null : next.toInstant());
  }

  private void add(Path file, byte[] bytes) {
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      X509CRL crl = (X509CRL) factory.generateCRL(new ByteArrayInputStream(bytes));
      if (crl == null) {
        LOG.warn("{}: holds no CRL", file);
        return;
      }
      // A copy under the hash of OpenSSL before 1.0 stands beside in many directories.
      String hash = OpensslTruststoreHelper.getOpenSSLCAHash(crl.getIssuerX500Principal(), true);
      String name = Objects.requireNonNull(file.getFileName()).toString();
      if (name.substring(0, 8).equalsIgnoreCase(hash)) {
        crls.add(new Shelved(file, crl));
      }
    } catch (CRLException | CertificateException | RuntimeException | StackOverflowError e) {
      LOG.warn("{}: not a CRL, and passed over: {}", file, e.getMessage());
    }
  }
}
