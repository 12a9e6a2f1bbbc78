package org.hospes.trust.path;

import eu.emi.security.authn.x509.ProxySupport;
import eu.emi.security.authn.x509.RevocationParameters;
import eu.emi.security.authn.x509.StoreUpdateListener;
import eu.emi.security.authn.x509.ValidationError;
import eu.emi.security.authn.x509.ValidationErrorCode;
import eu.emi.security.authn.x509.ValidationErrorListener;
import eu.emi.security.authn.x509.ValidationResult;
import eu.emi.security.authn.x509.X509CertChainValidatorExt;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.security.cert.CertPath;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.italiangrid.voms.VOMSAttribute;
import org.italiangrid.voms.ac.VOMSACValidationStrategy;
import org.italiangrid.voms.ac.VOMSACValidator;
import org.italiangrid.voms.ac.VOMSValidationResult;
import org.italiangrid.voms.ac.impl.DefaultVOMSValidationStrategy;
import org.italiangrid.voms.ac.impl.DefaultVOMSValidator;
import org.italiangrid.voms.store.VOMSTrustStore;

/**
 * Lets VOMS attribute certificates be judged by a {@link PathValidator}, so that the certificate of
 * the VOMS server is held to the same anchors, namespaces and CRLs as everybody's.
 */
public final class VomsPaths {
  private VomsPaths() {}

  /**
   * A validator of attribute certificates that asks {@code paths} about the server's chain. It
   * leaves their time to the caller: voms-api would hold them against the machine's clock, and look
   * at nothing else once that one is wrong.
   */
  public static VOMSACValidator validator(VOMSTrustStore servers, PathValidator paths) {
    Judge judge = new Judge(paths);
    return new DefaultVOMSValidator.Builder()
        .trustStore(servers)
        .certChainValidator(judge)
        .validationStrategy(new Timeless(new DefaultVOMSValidationStrategy(servers, judge)))
        .build();
  }

  /** Holds an attribute certificate to everything but its time. */
  private record Timeless(VOMSACValidationStrategy rest) implements VOMSACValidationStrategy {
    @Override
    public VOMSValidationResult validateAC(VOMSAttribute attributes, X509Certificate[] chain) {
      return real(attributes, rest.validateAC(timeless(attributes), chain));
    }

    @Override
    public VOMSValidationResult validateAC(VOMSAttribute attributes) {
      return real(attributes, rest.validateAC(timeless(attributes)));
    }

    private static VOMSValidationResult real(VOMSAttribute attributes, VOMSValidationResult found) {
      return new VOMSValidationResult(attributes, found.isValid(), found.getValidationErrors());
    }

    private static VOMSAttribute timeless(VOMSAttribute attributes) {
      return (VOMSAttribute)
          Proxy.newProxyInstance(
              VOMSAttribute.class.getClassLoader(),
              new Class<?>[] {VOMSAttribute.class},
              (self, method, arguments) -> {
                if (method.getName().equals("validAt")) {
                  return true;
                }
                try {
                  return method.invoke(attributes, arguments);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              });
    }
  }

  private record Judge(PathValidator paths) implements X509CertChainValidatorExt {
    @Override
    public ValidationResult validate(X509Certificate[] chain) {
      try {
        ValidatedPath path = paths.validate(List.of(chain));
        return new ValidationResult(
            true, new ArrayList<>(), Set.of(), new ArrayList<>(path.chain()));
      } catch (UntrustedPathException e) {
        List<ValidationError> errors = new ArrayList<>();
        for (PathProblem problem : e.problems()) {
          errors.add(
              new ValidationError(
                  chain, problem.position(), ValidationErrorCode.unknownMsg, problem.message()));
        }
        return new ValidationResult(false, errors);
      }
    }

    @Override
    public ValidationResult validate(CertPath path) {
      return validate(path.getCertificates().toArray(X509Certificate[]::new));
    }

    @Override
    public X509Certificate[] getTrustedIssuers() {
      return paths.anchors().toArray(X509Certificate[]::new);
    }

    @Override
    public ProxySupport getProxySupport() {
      return ProxySupport.ALLOW;
    }

    @Override
    public RevocationParameters getRevocationCheckingMode() {
      return new RevocationParameters();
    }

    @Override
    public void dispose() {
      // The validator belongs to whoever opened it.
    }

    @Override
    public void addValidationListener(ValidationErrorListener listener) {
      // Errors are in the result; nobody listens besides.
    }

    @Override
    public void removeValidationListener(ValidationErrorListener listener) {
      // None was ever added.
    }

    @Override
    public void addUpdateListener(StoreUpdateListener listener) {
      // The validator tells of its changes through its generation.
    }

    @Override
    public void removeUpdateListener(StoreUpdateListener listener) {
      // None was ever added.
    }
  }
}
