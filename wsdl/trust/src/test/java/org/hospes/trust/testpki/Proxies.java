package org.hospes.trust.testpki;

import eu.emi.security.authn.x509.proxy.ProxyCertificate;
import eu.emi.security.authn.x509.proxy.ProxyCertificateOptions;
import eu.emi.security.authn.x509.proxy.ProxyGenerator;
import eu.emi.security.authn.x509.proxy.ProxyPolicy;
import eu.emi.security.authn.x509.proxy.ProxyType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x509.AttributeCertificate;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.ProxyKind;

/** Proxy certificates of every kind, made by canl. */
final class Proxies {
  private static final String SOME_LANGUAGE = "1.3.6.1.4.1.99999.1";

  private Proxies() {}

  static Credential issue(
      Credential issuer,
      ProxyKind kind,
      Instant from,
      Instant to,
      List<AttributeCertificate> attributes) {
    ProxyCertificateOptions options =
        new ProxyCertificateOptions(issuer.chain().toArray(X509Certificate[]::new));
    options.setKeyLength(2048);
    options.setValidityBounds(Date.from(from), Date.from(to));
    options.setType(kind == ProxyKind.LEGACY ? ProxyType.LEGACY : ProxyType.RFC3820);
    switch (kind) {
      case LIMITED -> options.setLimited(true);
      case INDEPENDENT -> options.setPolicy(new ProxyPolicy(ProxyPolicy.INDEPENDENT_POLICY_OID));
      case RESTRICTED ->
          options.setPolicy(new ProxyPolicy(SOME_LANGUAGE, new DEROctetString(new byte[] {1})));
      case FULL, LEGACY -> options.setLimited(false);
      case NONE -> throw new IllegalArgumentException("a proxy is always of some kind");
    }
    try {
      if (!attributes.isEmpty()) {
        options.setAttributeCertificates(attributes.toArray(AttributeCertificate[]::new));
      }
      ProxyCertificate proxy = ProxyGenerator.generate(options, issuer.key());
      return new Credential(
          List.of(proxy.getCertificateChain()), proxy.getPrivateKey(), "proxy of " + issuer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw TestPki.broken(e);
    }
  }
}
