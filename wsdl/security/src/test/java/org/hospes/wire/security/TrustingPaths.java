package org.hospes.wire.security;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import org.hospes.trust.path.CrlStatus;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.PathValidator;
import org.hospes.trust.path.ProxyKind;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.trust.path.ValidatedPath;

/** For attackers: finds good what the real one does not, so that a client sends all the same. */
final class TrustingPaths implements PathValidator {
  private final PathValidator real;

  TrustingPaths(PathValidator real) {
    this.real = real;
  }

  @Override
  public ValidatedPath validate(List<X509Certificate> chain) {
    try {
      return real.validate(chain);
    } catch (UntrustedPathException e) {
      X509Certificate endEntity = chain.get(chain.size() - 1);
      return new ValidatedPath(
          chain,
          DistinguishedName.of(endEntity.getSubjectX500Principal()),
          endEntity,
          ProxyKind.NONE,
          Instant.now().plusSeconds(3600));
    }
  }

  @Override
  public ValidatedPath validate(List<X509Certificate> chain, Instant at) {
    return validate(chain);
  }

  @Override
  public long generation() {
    return real.generation();
  }

  @Override
  public void onChange(Runnable listener) {
    real.onChange(listener);
  }

  @Override
  public List<X509Certificate> anchors() {
    return real.anchors();
  }

  @Override
  public List<CrlStatus> crls() {
    return real.crls();
  }

  @Override
  public void close() {}
}
