package org.hospes.trust.testpki;

import eu.emi.security.authn.x509.impl.KeyAndCertCredential;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x509.AttributeCertificate;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyKind;
import org.italiangrid.voms.asn1.VOMSACGenerator;

/** A VOMS server for tests: signs attribute certificates and writes its {@code .lsc}. */
public final class TestVoms {
  private final Credential server;
  private final String host;
  private final X509Certificate authority;

  /** A server with papers from {@code pki}. */
  public TestVoms(TestPki pki, String host) {
    this.server = pki.host(host);
    this.host = host;
    this.authority = pki.caCertificate();
  }

  /** The server's papers. */
  public Credential credential() {
    return server;
  }

  /** Makes the VO known in a VOMS directory, {@code VO/HOST.lsc}. */
  public void writeLsc(Path vomsDirectory, String vo) {
    String text =
        DistinguishedName.ofSubject(server.leaf())
            + "\n"
            + DistinguishedName.ofSubject(authority)
            + "\n";
    try {
      Files.createDirectories(vomsDirectory.resolve(vo));
      Files.writeString(vomsDirectory.resolve(vo).resolve(host + ".lsc"), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A full proxy whose attribute certificate is good for 12 hours. */
  public Credential proxy(Credential user, String vo, String... fqans) {
    Instant now = Instant.now();
    return proxy(user, user, vo, now.minusSeconds(60), now.plus(Duration.ofHours(12)), fqans);
  }

  /** A full proxy of {@code user} with an attribute certificate for {@code holder}, in its time. */
  public Credential proxy(
      Credential user, Credential holder, String vo, Instant from, Instant to, String... fqans) {
    Instant now = Instant.now();
    return Proxies.issue(
        user,
        ProxyKind.FULL,
        now.minusSeconds(60),
        now.plus(Duration.ofHours(12)),
        List.of(attributes(holder, vo, from, to, fqans)));
  }

  private AttributeCertificate attributes(
      Credential holder, String vo, Instant from, Instant to, String... fqans) {
    try {
      KeyAndCertCredential signer =
          new KeyAndCertCredential(server.key(), server.chain().toArray(X509Certificate[]::new));
      return new VOMSACGenerator(signer)
          .generateVOMSAttributeCertificate(
              List.of(fqans),
              List.of(),
              List.of(),
              holder.leaf(),
              BigInteger.valueOf(from.toEpochMilli()),
              Date.from(from),
              Date.from(to),
              vo,
              host,
              15000)
          .toASN1Structure();
    } catch (GeneralSecurityException e) {
      throw TestPki.broken(e);
    }
  }
}
