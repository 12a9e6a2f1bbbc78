package org.hospes.trust.path;

import eu.emi.security.authn.x509.proxy.ProxyPolicy;
import eu.emi.security.authn.x509.proxy.ProxyUtils;
import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1TaggedObject;

/** Tells what kind of proxy certificates a chain holds. */
public final class ProxyKinds {
  private static final String RFC_3820 = "1.3.6.1.5.5.7.1.14";

  /** The same extension in the drafts before it, by Globus Toolkit 3. */
  private static final String DRAFT = "1.3.6.1.4.1.3536.1.222";

  private ProxyKinds() {}

  /**
   * The kind of one certificate. A proxy older than RFC 3820 is {@link ProxyKind#LEGACY} only when
   * it claims all rights: what it must not do weighs more than its age; {@link #isLegacy} tells the
   * age.
   */
  public static ProxyKind of(X509Certificate certificate) {
    if (!ProxyUtils.isProxy(certificate)) {
      return ProxyKind.NONE;
    }
    byte[] extension = extension(certificate);
    if (extension == null) {
      return isLimitedByName(certificate) ? ProxyKind.LIMITED : ProxyKind.LEGACY;
    }
    return switch (policyLanguage(extension)) {
      case ProxyPolicy.INHERITALL_POLICY_OID ->
          isLegacy(certificate) ? ProxyKind.LEGACY : ProxyKind.FULL;
      case ProxyPolicy.LIMITED_PROXY_OID -> ProxyKind.LIMITED;
      case ProxyPolicy.INDEPENDENT_POLICY_OID -> ProxyKind.INDEPENDENT;
      default -> ProxyKind.RESTRICTED;
    };
  }

  /** The most restricted kind in a chain; {@link ProxyKind#NONE} without any proxy. */
  public static ProxyKind of(List<X509Certificate> chain) {
    ProxyKind worst = ProxyKind.NONE;
    for (X509Certificate certificate : chain) {
      ProxyKind kind = of(certificate);
      if (restriction(kind) > restriction(worst)) {
        worst = kind;
      }
    }
    return worst;
  }

  /** Whether the certificate is a proxy from before RFC 3820, limited or not. */
  public static boolean isLegacy(X509Certificate certificate) {
    return ProxyUtils.isProxy(certificate) && certificate.getExtensionValue(RFC_3820) == null;
  }

  /** How many proxies stand before the end entity. */
  public static int depth(List<X509Certificate> chain) {
    return (int) chain.stream().filter(ProxyUtils::isProxy).count();
  }

  /**
   * How many proxies may follow this one, by its {@code pCPathLenConstraint}; empty when it does
   * not say.
   *
   * @throws IllegalArgumentException when it says something that is no number of proxies
   */
  static Optional<BigInteger> mayFollow(X509Certificate proxy) {
    byte[] extension = extension(proxy);
    if (extension == null) {
      return Optional.empty();
    }
    for (ASN1Encodable part : information(extension)) {
      ASN1Encodable number =
          part instanceof ASN1TaggedObject tagged ? tagged.getExplicitBaseObject() : part;
      if (number instanceof ASN1Integer length) {
        if (length.getValue().signum() < 0) {
          throw new IllegalArgumentException("a path length of " + length.getValue());
        }
        return Optional.of(length.getValue());
      }
    }
    return Optional.empty();
  }

  private static byte[] extension(X509Certificate certificate) {
    byte[] extension = certificate.getExtensionValue(RFC_3820);
    return extension == null ? certificate.getExtensionValue(DRAFT) : extension;
  }

  private static int restriction(ProxyKind kind) {
    return switch (kind) {
      case NONE -> 0;
      case FULL -> 1;
      case LEGACY -> 2;
      case LIMITED -> 3;
      case RESTRICTED -> 4;
      case INDEPENDENT -> 5;
    };
  }

  /**
   * RFC 3820, 3.8: SEQUENCE { pCPathLenConstraint INTEGER OPTIONAL, proxyPolicy SEQUENCE { OID }}.
   */
  private static String policyLanguage(byte[] extension) {
    try {
      for (ASN1Encodable part : information(extension)) {
        if (part instanceof ASN1Sequence policy && policy.size() > 0) {
          return ASN1ObjectIdentifier.getInstance(policy.getObjectAt(0)).getId();
        }
      }
    } catch (IllegalArgumentException e) {
      // A proxy whose rights cannot be read has none that could be relied on.
    }
    return "unreadable";
  }

  private static ASN1Sequence information(byte[] extension) {
    return ASN1Sequence.getInstance(ASN1OctetString.getInstance(extension).getOctets());
  }

  private static boolean isLimitedByName(X509Certificate certificate) {
    return DistinguishedName.ofSubject(certificate)
        .commonName()
        .toLowerCase(Locale.ROOT)
        .equals("limited proxy");
  }
}
