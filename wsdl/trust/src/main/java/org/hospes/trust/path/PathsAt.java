package org.hospes.trust.path;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * A judge that judges at another time than the present, for whoever has to ask about the past or
 * the future through code that knows the present only.
 *
 * @param paths the judge whose rules count; closing this one does not close it
 * @param at the moment at which certificates must be valid
 */
public record PathsAt(PathValidator paths, Instant at) implements PathValidator {
  @Override
  public ValidatedPath validate(List<X509Certificate> chain) throws UntrustedPathException {
    return paths.validate(chain, at);
  }

  @Override
  public ValidatedPath validate(List<X509Certificate> chain, Instant moment)
      throws UntrustedPathException {
    return paths.validate(chain, moment);
  }

  @Override
  public long generation() {
    return paths.generation();
  }

  @Override
  public void onChange(Runnable listener) {
    paths.onChange(listener);
  }

  @Override
  public List<X509Certificate> anchors() {
    return paths.anchors();
  }

  @Override
  public List<CrlStatus> crls() {
    return paths.crls();
  }

  @Override
  public List<String> unreadable() {
    return paths.unreadable();
  }

  @Override
  public long unwrittenRevocations() {
    return paths.unwrittenRevocations();
  }

  @Override
  public void close() {
    // The judge behind belongs to whoever opened it.
  }
}
