package org.hospes.trust.path;

import eu.emi.security.authn.x509.CrlCheckingMode;
import eu.emi.security.authn.x509.NamespaceCheckingMode;
import eu.emi.security.authn.x509.OCSPCheckingMode;
import eu.emi.security.authn.x509.OCSPParametes;
import eu.emi.security.authn.x509.RevocationParameters;
import eu.emi.security.authn.x509.ValidationError;
import eu.emi.security.authn.x509.ValidationErrorCode;
import eu.emi.security.authn.x509.ValidationResult;
import eu.emi.security.authn.x509.helpers.ObserversHandler;
import eu.emi.security.authn.x509.helpers.pkipath.BCCertPathValidator;
import eu.emi.security.authn.x509.helpers.pkipath.ExtPKIXParameters2;
import eu.emi.security.authn.x509.impl.OpensslCertChainValidator;
import eu.emi.security.authn.x509.impl.ValidatorParams;
import java.nio.file.Path;
import java.security.cert.CertStore;
import java.security.cert.CertificateException;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;

/**
 * canl's validator, at a date: canl itself takes the machine's clock. Only the validity of
 * certificates moves with the date; which CRL is in force canl asks the machine's clock all the
 * same. Of a certificate that expired since it has no CRL to ask, even where one is in force: for
 * that one whoever asks about the past must look into the CRLs.
 */
final class DatedValidator extends OpensslCertChainValidator {
  private final ThreadLocal<Date> date = new ThreadLocal<>();

  DatedValidator(Path directory, NamespaceCheckingMode namespaces, ValidatorParams parameters) {
    super(directory.toString(), true, namespaces, -1, parameters, false);
    this.validator = new AtTheDate();
  }

  /** Validates at a moment of the past; canl knows no CRL of the future. */
  ValidationResult validateAt(X509Certificate[] chain, Instant at) {
    date.set(Date.from(at));
    try {
      return validate(chain);
    } finally {
      date.remove();
    }
  }

  private final class AtTheDate extends BCCertPathValidator {
    private final RevocationParameters none =
        new RevocationParameters(
            CrlCheckingMode.IGNORE, new OCSPParametes(OCSPCheckingMode.IGNORE));

    @Override
    public ValidationResult validate(
        X509Certificate[] chain,
        boolean proxies,
        Set<TrustAnchor> anchors,
        CertStore crls,
        RevocationParameters revocation,
        ObserversHandler observers)
        throws CertificateException {
      ValidationResult found = super.validate(chain, proxies, anchors, crls, revocation, observers);
      boolean onlyExpiredSince =
          date.get() != null
              && !found.isValid()
              && found.getErrors().stream()
                  .allMatch(e -> e.getErrorCode() == ValidationErrorCode.noCrlForExpiredCert);
      return onlyExpiredSince
          ? super.validate(chain, proxies, anchors, crls, none, observers)
          : found;
    }

    @Override
    protected ExtPKIXParameters2 createPKIXParameters(
        X509Certificate[] chain,
        boolean proxies,
        Set<TrustAnchor> anchors,
        CertStore crls,
        RevocationParameters revocation,
        ObserversHandler observers) {
      ExtPKIXParameters2 parameters =
          super.createPKIXParameters(chain, proxies, anchors, crls, revocation, observers);
      if (date.get() != null) {
        parameters.getBaseOfBase().setDate(date.get());
      }
      return parameters;
    }

    @Override
    protected void checkProxyChainMain(
        X509Certificate[] proxies, List<ValidationError> errors, Set<String> unresolved, Date now)
        throws CertificateException {
      super.checkProxyChainMain(proxies, errors, unresolved, date.get() == null ? now : date.get());
    }
  }
}
