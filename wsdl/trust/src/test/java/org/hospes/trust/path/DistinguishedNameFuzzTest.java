package org.hospes.trust.path;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;
import java.util.stream.Stream;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x500.X500Name;
import org.junit.jupiter.params.provider.MethodSource;

/** A name that is taken is one name, however it is written, and stays it on every way. */
class DistinguishedNameFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void whatPeopleWriteStaysTheName(byte[] text) {
    DistinguishedName name;
    try {
      name = DistinguishedName.parse(new String(text, UTF_8));
    } catch (IllegalArgumentException refused) {
      return;
    }
    assertEquals(name, new DistinguishedName(name.slash()));
    assertEquals(name, DistinguishedName.of(name.principal()));
  }

  static Stream<byte[]> names() {
    return Stream.of(
            "CN=Ada Physicist,DC=example,DC=org",
            "CN=host/node1.example.org,O=Grid",
            "CN=\\+\\,\\=/CN=Bob,UID=ada,C=CH",
            "2.5.4.97=#0c0161+CN=A,O=\\0aB")
        .map(name -> new X500Principal(name, SlashForm.KEYWORDS).getEncoded());
  }

  /** Of as many parts as the certificate's name has, so that no value reads as another part. */
  @MethodSource("names")
  @FuzzTest(maxDuration = "60s")
  void aCertificatesNameKeepsItsParts(byte[] der) {
    X500Principal principal;
    DistinguishedName name;
    try {
      principal = new X500Principal(der);
      name = DistinguishedName.of(principal);
    } catch (IllegalArgumentException refused) {
      return;
    }
    int[] expected =
        Arrays.stream(X500Name.getInstance(principal.getEncoded()).getRDNs())
            .mapToInt(part -> part.size())
            .toArray();
    int[] found = SlashForm.parse(name.slash()).stream().mapToInt(part -> part.size()).toArray();
    assertEquals(Arrays.toString(expected), Arrays.toString(found), name.slash());
    assertEquals(name, DistinguishedName.of(name.principal()));
  }
}
