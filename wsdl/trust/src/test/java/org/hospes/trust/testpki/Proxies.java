package org.hospes.trust.testpki;

import eu.emi.security.authn.x509.proxy.ProxyCertificate;
import eu.emi.security.authn.x509.proxy.ProxyCertificateOptions;
import eu.emi.security.authn.x509.proxy.ProxyGenerator;
import eu.emi.security.authn.x509.proxy.ProxyPolicy;
import eu.emi.security.authn.x509.proxy.ProxyType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AttributeCertificate;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.ProxyKind;

/** Proxy certificates of every kind, made by canl. */
final class Proxies {
  private static final String SOME_LANGUAGE = "1.3.6.1.4.1.99999.1";

  private Proxies() {}

  /**
   * A proxy of RFC 3820 with an extension of one's own, as programs that err or attack make it.
   *
   * @param follow what stands where the number of proxies that may follow belongs; null for none
   */
  static Credential odd(Credential issuer, ASN1Encodable follow, String language) {
    KeyPair key = KeyStock.HOLDERS.next();
    X509Certificate above = issuer.leaf();
    ASN1EncodableVector information = new ASN1EncodableVector();
    if (follow != null) {
      information.add(follow);
    }
    information.add(new DERSequence(new ASN1ObjectIdentifier(language)));
    Instant now = Instant.now();
    X500Name name = X500Name.getInstance(above.getSubjectX500Principal().getEncoded());
    BigInteger serial = BigInteger.valueOf(System.nanoTime() & 0x7fffffff);
    X500NameBuilder subject = new X500NameBuilder();
    for (RDN part : name.getRDNs()) {
      subject.addMultiValuedRDN(part.getTypesAndValues());
    }
    subject.addRDN(BCStyle.CN, serial.toString());
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            name,
            serial,
            Date.from(now.minusSeconds(60)),
            Date.from(now.plusSeconds(3600)),
            subject.build(),
            key.getPublic());
    try {
      builder.addExtension(
          new ASN1ObjectIdentifier("1.3.6.1.5.5.7.1.14"), true, new DERSequence(information));
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
      String algorithm = issuer.key().getAlgorithm().equals("EC") ? "ECDSA" : "RSA";
      X509Certificate proxy = Certificates.sign(builder, issuer.key(), "SHA256with" + algorithm);
      List<X509Certificate> chain = new ArrayList<>(List.of(proxy));
      chain.addAll(issuer.chain());
      return new Credential(chain, key.getPrivate(), "odd proxy of " + issuer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw TestPki.broken(e);
    }
  }

  static Credential issue(
      Credential issuer,
      ProxyKind kind,
      Instant from,
      Instant to,
      List<AttributeCertificate> attributes) {
    return issue(issuer, kind, from, to, attributes, Integer.MAX_VALUE);
  }

  static Credential issue(
      Credential issuer,
      ProxyKind kind,
      Instant from,
      Instant to,
      List<AttributeCertificate> attributes,
      int mayFollow) {
    ProxyCertificateOptions options =
        new ProxyCertificateOptions(issuer.chain().toArray(X509Certificate[]::new));
    options.setKeyLength(2048);
    if (mayFollow != Integer.MAX_VALUE) {
      options.setProxyPathLimit(mayFollow);
    }
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
