package org.hospes.trust.path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.UncheckedIOException;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names, however they are written. */
class DistinguishedNameTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "CN=Ada Physicist,DC=hospes,DC=org | /DC=org/DC=hospes/CN=Ada Physicist",
        "CN=host/node1.example.org,O=Grid | /O=Grid/CN=host/node1.example.org",
        "EMAILADDRESS=ada@example.org,CN=Ada,O=Grid | /O=Grid/CN=Ada/emailAddress=ada@example.org",
        "E=ada@example.org,CN=Ada,O=Grid | /O=Grid/CN=Ada/emailAddress=ada@example.org",
        "UID=ada,O=Grid | /O=Grid/UID=ada",
        "CN=Smith\\, John,O=Grid | /O=Grid/CN=Smith, John",
        "CN=a+OU=b,O=Grid | /O=Grid/CN=a+OU=b",
        "/o=Grid/cn=Ada | /O=Grid/CN=Ada",
        "/O=Grid/USERID=ada | /O=Grid/UID=ada",
        "/C=CH/ST=Geneva/L=Meyrin/CN=x | /C=CH/ST=Geneva/L=Meyrin/CN=x",
        "/O=Grid/2.5.4.3=Ada | /O=Grid/CN=Ada",
      })
  void isReadInEveryForm(String written, String slash) {
    DistinguishedName dn = DistinguishedName.parse(written);
    assertEquals(slash, dn.slash());
    assertEquals(dn, DistinguishedName.of(dn.principal()));
  }

  @Test
  void isEqualToTheCertificatesOwn() {
    X500Principal principal = new X500Principal("CN=Ada Physicist, DC=hospes, DC=org");
    DistinguishedName dn = DistinguishedName.of(principal);
    assertEquals("/DC=org/DC=hospes/CN=Ada Physicist", dn.slash());
    assertEquals(principal, dn.principal());
    assertEquals("Ada Physicist", dn.commonName());
  }

  @Test
  void noNamePassesForAnother() {
    DistinguishedName forged = common("Mallory/CN=Ada");
    assertNotEquals(new DistinguishedName("/O=Grid/CN=Mallory/CN=Ada"), forged);
    assertEquals("/O=Grid/CN=Mallory\\/CN=Ada", forged.slash());
    assertEquals("Mallory/CN=Ada", forged.commonName());
    assertEquals(forged, DistinguishedName.of(forged.principal()));
    assertNotEquals(new DistinguishedName("/O=Grid/CN=a+OU=b"), common("a+OU=b"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"plain", "back\\slash", "\\x41", "René", "line\nbreak", "host/x", "a=b", "日本"})
  void everyValueComesBack(String value) {
    DistinguishedName dn = common(value);
    assertEquals(value, dn.commonName());
    assertEquals(dn, new DistinguishedName(dn.slash()));
    assertEquals(dn, DistinguishedName.of(dn.principal()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/", "Ada", "/CN", "/Ada Physicist", "/WHATEVER=x", "/x/y=z"})
  void whatIsNoNameIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> DistinguishedName.parse(text));
  }

  private static DistinguishedName common(String value) {
    try {
      byte[] name =
          new X500NameBuilder()
              .addRDN(BCStyle.O, "Grid")
              .addRDN(BCStyle.CN, new DERUTF8String(value))
              .build()
              .getEncoded();
      return DistinguishedName.of(new X500Principal(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void thePartsOfOneStepAreASet() {
    DistinguishedName one = new DistinguishedName("/O=Grid/CN=Ada+UID=7");
    assertEquals(one, new DistinguishedName("/O=Grid/UID=7+CN=Ada"));
    assertEquals(one, DistinguishedName.of(one.principal()));
  }

  @Test
  void whatNoCertificateCanNameIsNoName() {
    assertThrows(IllegalArgumentException.class, () -> new DistinguishedName("/O=Grid/9.9=x"));
    DistinguishedName odd = new DistinguishedName("/DC=m\u00fcnchen/CN=x");
    assertEquals(odd, DistinguishedName.of(odd.principal()));
  }
}
