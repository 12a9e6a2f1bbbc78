package org.hospes.wire.security;

/** What a person can do about a chain that does not validate. */
final class PathAdvice {
  private PathAdvice() {}

  static String forOwn(String code) {
    return switch (code) {
      case "path.expired" ->
          "Make a new proxy (grid-proxy-init or voms-proxy-init) or renew the certificate, and"
              + " check this machine's clock.";
      case "path.revoked" -> "The CA revoked this certificate: ask the CA for a new one.";
      case "path.ca.unknown" ->
          "The CA directory does not hold this certificate's CA: install it, or point"
              + " X509_CERT_DIR at the directory that has it.";
      case "path.ca.unreadable" ->
          "Mend the file that is named, or install that CA's files anew; the certificate itself"
              + " may be good.";
      case "path.crl.missing", "path.crl.expired" ->
          "Fetch the CA's current CRL into the CA directory (fetch-crl does it).";
      case "path.namespace" ->
          "The CA's signing policy or namespaces file does not cover this name: update the CA's"
              + " files.";
      case "path.proxy" -> "Make a new RFC 3820 proxy: grid-proxy-init -rfc.";
      default -> "`workspace doctor` looks at certificate, CA directory, CRLs and clock.";
    };
  }

  static String forServer(String code) {
    return switch (code) {
      case "path.expired" -> "Tell the site that its host certificate ended; check your clock.";
      case "path.revoked" -> "Do not use this server; tell the site.";
      default -> forOwn(code);
    };
  }
}
