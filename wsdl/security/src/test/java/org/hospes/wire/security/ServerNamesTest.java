package org.hospes.wire.security;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyKind;
import org.hospes.trust.path.ValidatedPath;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ServerNamesTest {
  private TestPki pki;

  @BeforeAll
  void authority(@TempDir Path directory) {
    pki = TestPki.create(directory);
  }

  private static boolean matches(Credential credential, String host) {
    ValidatedPath path =
        new ValidatedPath(
            credential.chain(),
            DistinguishedName.of(credential.leaf().getSubjectX500Principal()),
            credential.leaf(),
            ProxyKind.NONE,
            credential.leaf().getNotAfter().toInstant());
    return ServerNames.match(path, ExpectedServer.host(host));
  }

  @ParameterizedTest
  @CsvSource({
    "ce.example.org, ce.example.org, true",
    "ce.example.org, CE.Example.ORG, true",
    "ce.example.org, ce.example.org., true",
    "ce.example.org, example.org, false",
    "*.example.org, ce.example.org, true",
    "*.example.org, a.ce.example.org, false",
    "*.example.org, example.org, false",
    "*.org, example.org, false",
    "192.0.2.7, 192.0.2.7, true",
    "192.0.2.7, 192.0.2.8, false",
    "2001:db8::1, [2001:db8:0::1], true",
    "ce.example.org, 192.0.2.7, false",
  })
  void alternativeNames(String alternative, String host, boolean match) {
    assertEquals(match, matches(pki.host("other.example.org", alternative), host));
  }

  @ParameterizedTest
  @CsvSource({
    "CN=ce.example.org, ce.example.org, true",
    "CN=host/ce.example.org, ce.example.org, true",
    "CN=ce.example.org, other.example.org, false",
    "CN=ftp/ce.example.org, ce.example.org, false",
  })
  void commonNamesWhereThereIsNothingElse(String name, String host, boolean match) {
    assertEquals(match, matches(pki.named("/DC=org/DC=hospes/" + name), host));
  }

  @org.junit.jupiter.api.Test
  void aCommonNameDoesNotCountBesideAlternatives() {
    assertEquals(false, matches(pki.host("ce.example.org", "se.example.org"), "ce.example.org"));
  }
}
