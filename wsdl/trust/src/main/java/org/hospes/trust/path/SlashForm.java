package org.hospes.trust.path;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.DERIA5String;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x500.AttributeTypeAndValue;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.util.encoders.Hex;

/**
 * The grammar of slash names. A name is a list of relative names, each a list of attributes: more
 * than one only where a certificate really has a multi-valued part, joined by a plus sign.
 */
final class SlashForm {
  private static final String EMAIL = "1.2.840.113549.1.9.1";
  private static final String UID = "0.9.2342.19200300.100.1.1";
  private static final String DC = "0.9.2342.19200300.100.1.25";

  /** Spellings found in the wild, in lower case, and the object identifier each stands for. */
  private static final Map<String, String> OID_OF = new HashMap<>();

  /** The one spelling written for an object identifier. */
  private static final Map<String, String> NAME_OF = new HashMap<>();

  static {
    name("2.5.4.3", "CN", "commonName");
    name("2.5.4.4", "SN", "surname");
    name("2.5.4.5", "serialNumber");
    name("2.5.4.6", "C", "countryName");
    name("2.5.4.7", "L", "localityName");
    name("2.5.4.8", "ST", "S", "stateOrProvinceName");
    name("2.5.4.9", "street", "streetAddress");
    name("2.5.4.10", "O", "organizationName");
    name("2.5.4.11", "OU", "organizationalUnitName");
    name("2.5.4.12", "title");
    name("2.5.4.13", "description");
    name("2.5.4.17", "postalCode");
    name("2.5.4.41", "name");
    name("2.5.4.42", "GN", "givenName", "G");
    name("2.5.4.43", "initials");
    name("2.5.4.44", "generationQualifier");
    name("2.5.4.46", "dnQualifier");
    name("2.5.4.65", "pseudonym");
    name("2.5.4.97", "organizationIdentifier");
    name(EMAIL, "emailAddress", "Email", "E");
    name(UID, "UID", "userId");
    name(DC, "DC", "domainComponent");
    name("1.2.840.113549.1.9.2", "unstructuredName");
  }

  /** The same spellings, for Java's own parser of RFC 2253 names. */
  static final Map<String, String> KEYWORDS = keywords();

  private static final Pattern ATTRIBUTE =
      Pattern.compile("([A-Za-z][A-Za-z0-9-]*|\\d+(?:\\.\\d+)+)=");

  private SlashForm() {}

  static List<List<Map.Entry<String, String>>> parse(String slash) {
    List<List<Map.Entry<String, String>>> parts = new ArrayList<>();
    Matcher attribute = ATTRIBUTE.matcher(slash);
    int at = 0;
    while (at < slash.length()) {
      char separator = slash.charAt(at);
      attribute.region(at + 1, slash.length());
      if (!attribute.lookingAt()) {
        throw new IllegalArgumentException(
            "not a distinguished name in slash form: '"
                + slash
                + "' has no ATTRIBUTE= after its separator at "
                + at);
      }
      int end = end(slash, attribute.end(), attribute);
      attribute.region(at + 1, slash.length());
      attribute.lookingAt();
      String value = unescape(slash.substring(attribute.end(), end));
      Map.Entry<String, String> entry = Map.entry(canonical(attribute.group(1)), value);
      if (separator == '/') {
        parts.add(new ArrayList<>());
      }
      parts.get(parts.size() - 1).add(entry);
      at = end;
    }
    return parts;
  }

  static List<List<Map.Entry<String, String>>> read(X500Principal principal) {
    List<List<Map.Entry<String, String>>> parts = new ArrayList<>();
    for (RDN rdn : X500Name.getInstance(principal.getEncoded()).getRDNs()) {
      List<Map.Entry<String, String>> part = new ArrayList<>();
      if (rdn.size() == 0) {
        throw new IllegalArgumentException("a name with an empty part, which would not be seen");
      }
      for (AttributeTypeAndValue attribute : rdn.getTypesAndValues()) {
        String oid = attribute.getType().getId();
        part.add(Map.entry(NAME_OF.getOrDefault(oid, oid), text(attribute.getValue())));
      }
      parts.add(part);
    }
    return parts;
  }

  static String write(List<List<Map.Entry<String, String>>> parts) {
    StringBuilder slash = new StringBuilder();
    for (List<Map.Entry<String, String>> part : parts) {
      char separator = '/';
      // A part of several values is a set: its order says nothing, and certificates have their own.
      List<Map.Entry<String, String>> sorted = new ArrayList<>(part);
      sorted.sort(Map.Entry.<String, String>comparingByKey().thenComparing(Map.Entry::getValue));
      for (Map.Entry<String, String> attribute : sorted) {
        slash.append(separator).append(attribute.getKey()).append('=');
        escape(attribute.getValue(), slash);
        separator = '+';
      }
    }
    return slash.toString();
  }

  static X500Principal principal(List<List<Map.Entry<String, String>>> parts) {
    X500NameBuilder builder = new X500NameBuilder();
    for (List<Map.Entry<String, String>> part : parts) {
      ASN1ObjectIdentifier[] types = new ASN1ObjectIdentifier[part.size()];
      ASN1Encodable[] values = new ASN1Encodable[part.size()];
      for (int i = 0; i < types.length; i++) {
        String key = part.get(i).getKey();
        String oid = OID_OF.getOrDefault(key.toLowerCase(Locale.ROOT), key);
        String value = part.get(i).getValue();
        types[i] = new ASN1ObjectIdentifier(oid);
        boolean ia5 = (oid.equals(EMAIL) || oid.equals(DC)) && value.chars().allMatch(c -> c < 128);
        values[i] = ia5 ? new DERIA5String(value) : new DERUTF8String(value);
      }
      builder.addMultiValuedRDN(types, values);
    }
    try {
      return new X500Principal(builder.build().getEncoded(ASN1Encoding.DER));
    } catch (IOException e) {
      throw new IllegalStateException("a name in memory could not be encoded", e);
    }
  }

  /** Where the value that starts at {@code from} ends: before the next separator that counts. */
  private static int end(String slash, int from, Matcher attribute) {
    for (int i = from; i < slash.length(); i++) {
      char c = slash.charAt(i);
      if (c == '\\') {
        i++;
      } else if (c == '/' || c == '+') {
        attribute.region(i + 1, slash.length());
        if (attribute.lookingAt()) {
          return i;
        }
      }
    }
    return slash.length();
  }

  private static String canonical(String name) {
    String oid =
        Character.isDigit(name.charAt(0)) ? name : OID_OF.get(name.toLowerCase(Locale.ROOT));
    if (oid == null || ASN1ObjectIdentifier.tryFromID(oid) == null) {
      throw new IllegalArgumentException(
          "unknown attribute '" + name + "' in a distinguished name; write its object identifier");
    }
    return NAME_OF.getOrDefault(oid, oid);
  }

  private static String text(ASN1Encodable value) {
    if (value instanceof ASN1String string) {
      return string.getString();
    }
    try {
      return "#" + Hex.toHexString(value.toASN1Primitive().getEncoded(ASN1Encoding.DER));
    } catch (IOException e) {
      throw new IllegalArgumentException("a name in a certificate cannot be read", e);
    }
  }

  private static void escape(String value, StringBuilder out) {
    Matcher attribute = ATTRIBUTE.matcher(value);
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      boolean separator = false;
      if (c == '/' || c == '+') {
        attribute.region(i + 1, value.length());
        separator = attribute.lookingAt();
      }
      if (Character.isISOControl(c)) {
        for (byte b : String.valueOf(c).getBytes(StandardCharsets.UTF_8)) {
          out.append(String.format(Locale.ROOT, "\\x%02X", b));
        }
      } else {
        out.append(separator || c == '\\' ? "\\" : "").append(c);
      }
    }
  }

  private static String unescape(String value) {
    if (value.indexOf('\\') < 0) {
      return value;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(value.length());
    for (int i = 0; i < value.length(); ) {
      if (value.charAt(i) == '\\' && i + 1 < value.length()) {
        boolean hex = value.charAt(i + 1) == 'x' && i + 3 < value.length();
        int code = hex ? hex(value.substring(i + 2, i + 4)) : -1;
        if (code >= 0) {
          bytes.write(code);
          i += 4;
          continue;
        }
        i++;
      }
      int point = value.codePointAt(i);
      bytes.writeBytes(Character.toString(point).getBytes(StandardCharsets.UTF_8));
      i += Character.charCount(point);
    }
    try {
      // OpenSSL writes every byte beyond ASCII as \xHH, whatever the character set was.
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes.toByteArray()))
          .toString();
    } catch (CharacterCodingException e) {
      return bytes.toString(StandardCharsets.ISO_8859_1);
    }
  }

  private static int hex(String digits) {
    int high = Character.digit(digits.charAt(0), 16);
    int low = Character.digit(digits.charAt(1), 16);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
  }

  private static void name(String oid, String canonical, String... others) {
    NAME_OF.put(oid, canonical);
    OID_OF.put(canonical.toLowerCase(Locale.ROOT), oid);
    for (String other : others) {
      OID_OF.put(other.toLowerCase(Locale.ROOT), oid);
    }
  }

  private static Map<String, String> keywords() {
    Map<String, String> keywords = new HashMap<>();
    OID_OF.forEach((name, oid) -> keywords.put(name.toUpperCase(Locale.ROOT), oid));
    return Map.copyOf(keywords);
  }
}
