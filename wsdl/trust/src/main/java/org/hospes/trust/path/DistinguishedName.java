package org.hospes.trust.path;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import javax.security.auth.x500.X500Principal;

/**
 * The name of a person or host, in the slash form of grid-mapfiles: {@code
 * /DC=org/DC=example/CN=Ada Physicist}. Two names are equal when their slash forms are, attribute
 * names compared in their canonical spelling ({@code emailAddress}, {@code UID}) and values letter
 * by letter, as grid-mapfiles always have. A slash inside a value stays as it is ({@code
 * /CN=host/node1.example.org}) unless it would read as the start of another attribute; then it is
 * written {@code \/}, so that no name can pass for another.
 *
 * @param slash starts with a slash
 */
public record DistinguishedName(String slash) {
  /**
   * Takes a slash form and brings it to its canonical spelling.
   *
   * @throws IllegalArgumentException when it is no slash form
   */
  public DistinguishedName {
    if (slash == null || !slash.startsWith("/") || slash.length() < 4 || slash.indexOf('=') < 0) {
      throw new IllegalArgumentException(
          "not a distinguished name in slash form, such as /DC=org/DC=example/CN=Ada: " + slash);
    }
    slash = SlashForm.write(SlashForm.parse(slash));
  }

  /**
   * The name of a certificate's subject or issuer.
   *
   * @throws IllegalArgumentException when the name is empty
   */
  public static DistinguishedName of(X500Principal principal) {
    return new DistinguishedName(SlashForm.write(SlashForm.read(principal)));
  }

  /** The subject of a certificate as it stands, a proxy's own {@code CN} included. */
  public static DistinguishedName ofSubject(X509Certificate certificate) {
    return of(certificate.getSubjectX500Principal());
  }

  /**
   * Reads what people write: the slash form, or RFC 2253 with the most special part first ({@code
   * CN=Ada,DC=example,DC=org}).
   *
   * @throws IllegalArgumentException when it is neither, with what was found
   */
  public static DistinguishedName parse(String text) {
    String stripped = text.strip();
    if (stripped.startsWith("/")) {
      return new DistinguishedName(stripped);
    }
    try {
      return of(new X500Principal(stripped, SlashForm.KEYWORDS));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "not a distinguished name such as /DC=org/DC=example/CN=Ada or"
              + " CN=Ada,DC=example,DC=org: '"
              + text
              + "'",
          e);
    }
  }

  /** The same name for Java's own interfaces; equal to that of any certificate with this name. */
  public X500Principal principal() {
    return SlashForm.principal(SlashForm.parse(slash));
  }

  /** The value of the last {@code CN}; "" when there is none. */
  public String commonName() {
    String found = "";
    for (List<Map.Entry<String, String>> part : SlashForm.parse(slash)) {
      for (Map.Entry<String, String> attribute : part) {
        if (attribute.getKey().equals("CN")) {
          found = attribute.getValue();
        }
      }
    }
    return found;
  }

  @Override
  public String toString() {
    return slash;
  }
}
