package org.hospes.trust.caller;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Locale.ROOT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.DefaultSignatureAlgorithmIdentifierFinder;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.ProxyKind;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.trust.path.ValidatedPath;
import org.hospes.trust.testpki.TestPki;
import org.hospes.trust.testpki.TestVoms;
import org.italiangrid.voms.store.LSCInfo;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

/** Nobody gets an attribute that the server of the VO did not write. */
class AttributesFuzzTest {
  private static final String ATTRIBUTES = "1.3.6.1.4.1.8005.100.100.5";
  private static final LscFiles.Server SERVER = new LscFiles.Server("demo", "voms.example.org");

  @TempDir static Path dir;
  private static TestPki pki;
  private static TestVoms voms;
  private static Credential ada;
  private static CertificateDirectory paths;
  private static CallerReader callers;

  @BeforeAll
  static void openSite() {
    pki = TestPki.create(dir);
    voms = new TestVoms(pki, "voms.example.org");
    ada = pki.user("Ada Physicist");
    voms.writeLsc(dir.resolve("vomsdir"), "demo");
    paths = pki.validator();
    callers = new CallerReader(paths, Optional.of(dir.resolve("vomsdir")), Clock.systemUTC());
  }

  @AfterAll
  static void close() {
    paths.close();
  }

  static Stream<byte[]> attributes() {
    return Stream.of(
            voms.proxy(ada, "demo", "/demo/Role=NULL/Capability=NULL", "/demo/prod"),
            voms.proxy(ada, "other", "/other"),
            voms.proxy(pki.user("Bob"), "demo", "/demo"))
        .map(proxy -> proxy.leaf().getExtensionValue(ATTRIBUTES))
        .map(value -> ASN1OctetString.getInstance(value).getOctets());
  }

  @MethodSource("attributes")
  @FuzzTest(maxDuration = "60s")
  void onlyWhatTheServerWroteCounts(byte[] attributes) throws Exception {
    X509Certificate proxy;
    try {
      proxy = proxyWith(attributes);
    } catch (java.security.cert.CertificateException | java.io.IOException unreadable) {
      return;
    }
    ValidatedPath path =
        new ValidatedPath(
            List.of(proxy, ada.leaf()),
            org.hospes.trust.path.DistinguishedName.ofSubject(ada.leaf()),
            ada.leaf(),
            ProxyKind.FULL,
            Instant.now().plusSeconds(3600));
    try {
      Caller caller = callers.read(path);
      assertTrue(Set.of("/demo", "/demo/prod").containsAll(caller.fqans()), caller::toString);
    } catch (UntrustedPathException refused) {
      assertEquals(CallerReader.BAD_ATTRIBUTES, refused.problems().get(0).code());
    }
  }

  /** A proxy whose own signature nobody looks at any more when its attributes are read. */
  private static X509Certificate proxyWith(byte[] attributes) throws Exception {
    Instant now = Instant.now();
    X500Name issuer = X500Name.getInstance(ada.leaf().getSubjectX500Principal().getEncoded());
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            issuer,
            BigInteger.TEN,
            Date.from(now.minusSeconds(60)),
            Date.from(now.plusSeconds(3600)),
            new X500Name("CN=10"),
            ada.leaf().getPublicKey());
    builder.addExtension(new ASN1ObjectIdentifier(ATTRIBUTES), false, attributes);
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(
                new ByteArrayInputStream(builder.build(new Unsigned()).getEncoded()));
  }

  private static final class Unsigned implements ContentSigner {
    @Override
    public AlgorithmIdentifier getAlgorithmIdentifier() {
      return new DefaultSignatureAlgorithmIdentifierFinder().find("SHA256withRSA");
    }

    @Override
    public OutputStream getOutputStream() {
      return new ByteArrayOutputStream();
    }

    @Override
    public byte[] getSignature() {
      return new byte[256];
    }
  }

  @FuzzTest(maxDuration = "60s")
  void aServerIsTrustedByTheNamesOfItsFileOnly(byte[] lsc) {
    LSCInfo info = new LscFiles(Map.of(SERVER, lsc)).getLSC("demo", "voms.example.org");
    if (info == null) {
      return;
    }
    String text = new String(lsc, UTF_8);
    boolean matches;
    try {
      matches = info.matches(voms.credential().chain().toArray(X509Certificate[]::new));
    } catch (RuntimeException e) {
      // A name that is none, in one of many ways; CallerReader refuses whoever comes with that
      // server's word.
      return;
    }
    // Letters of either case are the same in a name, and so is what is quoted, escaped or in
    // hexadecimal.
    boolean plain = Stream.of("\\", "\"", "#").noneMatch(text::contains);
    assertTrue(!matches || !plain || text.toLowerCase(ROOT).contains("voms.example.org"), text);
    for (String name : info.getCertificateChainDescription()) {
      assertTrue(text.contains(name), name);
    }
  }
}
