package org.hospes.trust.testpki;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLNumber;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CRLConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.hospes.trust.path.DistinguishedName;

/** The certificates and CRLs of the test authority, as grid CAs issue them. */
final class Certificates {
  static final String SIGNATURE = "SHA256withRSA";

  private Certificates() {}

  /** What somebody asks the authority for. */
  record Request(
      DistinguishedName subject,
      PublicKey key,
      BigInteger serial,
      Instant from,
      Instant to,
      List<String> altNames) {}

  static KeyPair newKey(int bits) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(bits);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw TestPki.broken(e);
    }
  }

  /** A key of one's own choice: {@code RSA-3072}, {@code EC-secp384r1}. */
  static KeyPair newKey(String kind) {
    String[] parts = kind.split("-", 2);
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(parts[0]);
      if (parts[0].equals("EC")) {
        generator.initialize(new ECGenParameterSpec(parts[1]));
      } else {
        generator.initialize(Integer.parseInt(parts[1]));
      }
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw TestPki.broken(e);
    }
  }

  static X509Certificate authority(
      String name,
      KeyPair key,
      String issuer,
      PrivateKey issuerKey,
      long serial,
      BasicConstraints constraints,
      String algorithm) {
    DistinguishedName dn = new DistinguishedName(name);
    Instant now = Instant.now();
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            new DistinguishedName(issuer).principal(),
            BigInteger.valueOf(serial),
            Date.from(now.minus(Duration.ofDays(365))),
            Date.from(now.plus(Duration.ofDays(3650))),
            dn.principal(),
            key.getPublic());
    try {
      JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
      builder.addExtension(Extension.basicConstraints, true, constraints);
      builder.addExtension(
          Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      builder.addExtension(
          Extension.subjectKeyIdentifier,
          false,
          identifiers.createSubjectKeyIdentifier(key.getPublic()));
      return sign(builder, issuerKey, algorithm);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw TestPki.broken(e);
    }
  }

  static X509Certificate endEntity(
      Request request, X509Certificate issuer, PrivateKey issuerKey, String algorithm) {
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            issuer.getSubjectX500Principal(),
            request.serial(),
            Date.from(request.from()),
            Date.from(request.to()),
            request.subject().principal(),
            request.key());
    boolean host = !request.altNames().isEmpty();
    try {
      JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      builder.addExtension(
          Extension.keyUsage,
          true,
          new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyEncipherment));
      builder.addExtension(
          Extension.extendedKeyUsage,
          false,
          new ExtendedKeyUsage(
              host
                  ? new KeyPurposeId[] {
                    KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
                  }
                  : new KeyPurposeId[] {KeyPurposeId.id_kp_clientAuth}));
      builder.addExtension(
          Extension.subjectKeyIdentifier,
          false,
          identifiers.createSubjectKeyIdentifier(request.key()));
      builder.addExtension(
          Extension.authorityKeyIdentifier,
          false,
          identifiers.createAuthorityKeyIdentifier(issuer));
      if (host) {
        builder.addExtension(Extension.subjectAlternativeName, false, altNames(request.altNames()));
      }
      return sign(builder, issuerKey, algorithm);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw TestPki.broken(e);
    }
  }

  static X509CRL crl(
      X509Certificate issuer,
      PrivateKey key,
      Instant thisUpdate,
      Instant nextUpdate,
      long number,
      Map<BigInteger, Instant> revoked) {
    X509v2CRLBuilder builder =
        new JcaX509v2CRLBuilder(issuer.getSubjectX500Principal(), Date.from(thisUpdate));
    builder.setNextUpdate(Date.from(nextUpdate));
    revoked.forEach(
        (serial, at) -> builder.addCRLEntry(serial, Date.from(at), CRLReason.keyCompromise));
    try {
      builder.addExtension(
          Extension.authorityKeyIdentifier,
          false,
          new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(issuer));
      builder.addExtension(Extension.cRLNumber, false, new CRLNumber(BigInteger.valueOf(number)));
      return new JcaX509CRLConverter().getCRL(builder.build(signer(key, SIGNATURE)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw TestPki.broken(e);
    }
  }

  static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey key, String algorithm)
      throws GeneralSecurityException {
    return new JcaX509CertificateConverter().getCertificate(builder.build(signer(key, algorithm)));
  }

  private static ContentSigner signer(PrivateKey key, String algorithm)
      throws GeneralSecurityException {
    try {
      JcaContentSignerBuilder builder = new JcaContentSignerBuilder(algorithm);
      // By this name Java itself knows no RSASSA-PSS.
      return (algorithm.endsWith("MGF1")
              ? builder.setProvider(new BouncyCastleProvider())
              : builder)
          .build(key);
    } catch (OperatorCreationException e) {
      throw new GeneralSecurityException(e);
    }
  }

  private static GeneralNames altNames(List<String> names) {
    return new GeneralNames(
        names.stream()
            .map(
                name ->
                    new GeneralName(
                        name.matches("[0-9.]+|.*:.*") ? GeneralName.iPAddress : GeneralName.dNSName,
                        name))
            .toArray(GeneralName[]::new));
  }
}
