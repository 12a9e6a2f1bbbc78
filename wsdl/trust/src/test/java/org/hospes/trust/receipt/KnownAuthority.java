package org.hospes.trust.receipt;

import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Judges by one CA's signature and the times in the certificates, and by what it is told. */
final class KnownAuthority implements PapersJudge {
  private final X509Certificate authority;
  private final Map<X509Certificate, Instant> revoked = new HashMap<>();

  KnownAuthority(X509Certificate authority) {
    this.authority = authority;
  }

  void revoke(X509Certificate certificate, Instant since) {
    revoked.put(certificate, since);
  }

  @Override
  public Judgement judge(List<X509Certificate> chain, Instant at) {
    Optional<Instant> since = Optional.ofNullable(revoked.get(chain.get(0)));
    try {
      chain.get(0).verify(authority.getPublicKey());
      chain.get(0).checkValidity(java.util.Date.from(at));
      return new Judgement(since, List.of());
    } catch (GeneralSecurityException e) {
      return new Judgement(since, List.of(e.toString()));
    }
  }
}
