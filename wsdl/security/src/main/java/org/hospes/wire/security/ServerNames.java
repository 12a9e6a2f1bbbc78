package org.hospes.wire.security;

import java.net.IDN;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.security.auth.x500.X500Principal;
import org.hospes.trust.path.ProxyKind;
import org.hospes.trust.path.ValidatedPath;

/**
 * Whether a certificate names a host (RFC 6125, and for grid hosts without alternative names the
 * custom {@code CN=host/name}). A wildcard stands for exactly one leftmost label.
 */
final class ServerNames {
  private static final int DNS = 2;
  private static final int IP = 7;

  private static final Pattern IPV4 =
      Pattern.compile("(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)(?:\\.(?!$)|$)){4}");

  private ServerNames() {}

  static boolean match(ValidatedPath path, ExpectedServer expected) {
    if (path.proxy() != ProxyKind.NONE) {
      // A server that shows a proxy is a person's job, not a host.
      return false;
    }
    if (expected instanceof ExpectedServer.ByName byName) {
      return path.endEntity().equals(byName.dn());
    }
    String host = ((ExpectedServer.ByHost) expected).name();
    return matches(path.endEntityCertificate(), host);
  }

  /** Whether a certificate is that of a host; for a name that anybody may have written. */
  static boolean names(X509Certificate certificate, String host) {
    try {
      return matches(certificate, host);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean matches(X509Certificate certificate, String host) {
    List<String> dns = alternatives(certificate, DNS);
    List<String> addresses = alternatives(certificate, IP);
    String wanted = bare(host);
    if (isAddress(wanted)) {
      return addresses.stream().anyMatch(a -> sameAddress(a, wanted));
    }
    if (!dns.isEmpty()) {
      return dns.stream().anyMatch(name -> matchesName(name, wanted));
    }
    return addresses.isEmpty() && matchesName(commonHost(certificate), wanted);
  }

  private static String bare(String host) {
    String name = host;
    if (name.startsWith("[") && name.endsWith("]")) {
      name = name.substring(1, name.length() - 1);
    }
    if (isAddress(name)) {
      return name;
    }
    if (name.endsWith(".")) {
      name = name.substring(0, name.length() - 1);
    }
    return IDN.toASCII(name).toLowerCase(Locale.ROOT);
  }

  private static boolean isAddress(String host) {
    // Java would look up 999.1.1.1 as a name.
    return host.indexOf(':') >= 0 || IPV4.matcher(host).matches();
  }

  /** Whether both are addresses, and the same one. */
  static boolean sameAddress(String a, String b) {
    if (!isAddress(a) || !isAddress(b)) {
      return false;
    }
    try {
      // Literals only: no name is looked up.
      return java.net.InetAddress.getByName(a).equals(java.net.InetAddress.getByName(b));
    } catch (java.net.UnknownHostException e) {
      return false;
    }
  }

  private static boolean matchesName(String pattern, String host) {
    String name = pattern.toLowerCase(Locale.ROOT);
    if (name.startsWith("*.")) {
      int dot = host.indexOf('.');
      return dot > 0 && name.indexOf('.', 2) > 0 && host.substring(dot).equals(name.substring(1));
    }
    return name.equals(host);
  }

  private static List<String> alternatives(X509Certificate certificate, int type) {
    List<String> found = new ArrayList<>();
    try {
      Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      if (names != null) {
        for (List<?> name : names) {
          if (name.get(0).equals(type) && name.get(1) instanceof String value) {
            found.add(value);
          }
        }
      }
    } catch (CertificateParsingException e) {
      // No name that can be read is no name that matches.
      return List.of();
    }
    return found;
  }

  private static String commonHost(X509Certificate certificate) {
    try {
      LdapName name =
          new LdapName(certificate.getSubjectX500Principal().getName(X500Principal.RFC2253));
      for (int i = name.size() - 1; i >= 0; i--) {
        Rdn rdn = name.getRdn(i);
        if (rdn.getType().equalsIgnoreCase("CN")) {
          String value = rdn.getValue().toString();
          return value.startsWith("host/") ? value.substring("host/".length()) : value;
        }
      }
    } catch (InvalidNameException e) {
      return "";
    }
    return "";
  }

  /** For messages: which hosts a certificate names. */
  static String described(X509Certificate certificate) {
    List<String> names = new ArrayList<>(alternatives(certificate, DNS));
    names.addAll(alternatives(certificate, IP));
    return names.isEmpty() ? "" : names.stream().collect(Collectors.joining(", ", " (", ")"));
  }
}
