package org.hospes.trust.testpki;

import eu.emi.security.authn.x509.helpers.trust.OpensslTruststoreHelper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.PathRules;
import org.hospes.trust.path.ProxyKind;
import org.hospes.trust.path.ProxyKinds;

/**
 * A small certification authority for tests, in the layout of the IGTF: {@code HASH.0}, {@code
 * HASH.signing_policy}, {@code HASH.r0} in {@link #caDirectory()}. People and hosts get names under
 * {@code /DC=org/DC=hospes}. Not safe for several threads.
 */
public final class TestPki {
  /** RFC 3820, 3.8.2: id-ppl-inheritAll. */
  private static final String INHERIT_ALL = "1.3.6.1.5.5.7.21.1";

  private final Path directory;
  private final Path caDirectory;
  private final String caName;
  private final KeyPair caKey;
  private final X509Certificate caCertificate;
  private final TestPki parent;
  private final Map<BigInteger, Instant> revoked = new LinkedHashMap<>();
  private long serial = 1000;
  private long crlNumber;

  private TestPki(Path directory, Path caDirectory, String caName, TestPki parent) {
    this(
        directory, caDirectory, caName, parent, new BasicConstraints(true), Certificates.SIGNATURE);
  }

  private TestPki(
      Path directory,
      Path caDirectory,
      String caName,
      TestPki parent,
      BasicConstraints constraints,
      String algorithm) {
    this.directory = directory;
    this.caDirectory = caDirectory;
    this.caName = caName;
    this.caKey = KeyStock.AUTHORITIES.next();
    this.caCertificate =
        parent == null
            ? Certificates.authority(
                caName, caKey, caName, caKey.getPrivate(), 1, constraints, algorithm)
            : Certificates.authority(
                caName,
                caKey,
                parent.caName,
                parent.caKey.getPrivate(),
                parent.serial++,
                constraints,
                algorithm);
    this.parent = parent;
    try {
      Files.createDirectories(directory);
      Files.createDirectories(caDirectory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes a CA, its directory {@code dir/certificates}, its signing policy and an empty CRL. */
  public static TestPki create(Path dir) {
    TestPki pki =
        new TestPki(dir, dir.resolve("certificates"), "/DC=org/DC=hospes/CN=Test CA", null);
    pki.install();
    return pki;
  }

  /** A CA that is not in the directory of this one, with a directory of its own. */
  public TestPki otherCa() {
    Path other = directory.resolve("other");
    TestPki pki =
        new TestPki(other, other.resolve("certificates"), "/DC=org/DC=other/CN=Other CA", null);
    pki.install();
    return pki;
  }

  /** A CA below this one, installed nowhere; its credentials carry its certificate with them. */
  public TestPki subordinateCa() {
    Path below = directory.resolve("below");
    String name = "/DC=org/DC=hospes/CN=Subordinate CA";
    return new TestPki(below, below.resolve("certificates"), name, this);
  }

  /** A CA below this one that lets so many others follow, and any number where it is null. */
  public TestPki subordinateCa(String cn, Integer mayFollow) {
    return new TestPki(
        directory.resolve(cn),
        caDirectory,
        "/DC=org/DC=hospes/CN=" + cn,
        this,
        mayFollow == null ? new BasicConstraints(true) : new BasicConstraints(mayFollow),
        Certificates.SIGNATURE);
  }

  /** A CA in a directory of its own, whose certificate it signed itself by that algorithm. */
  public static TestPki signedBy(Path dir, String algorithm, Integer mayFollow) {
    TestPki pki =
        new TestPki(
            dir,
            dir.resolve("certificates"),
            "/DC=org/DC=hospes/CN=Test CA",
            null,
            mayFollow == null ? new BasicConstraints(true) : new BasicConstraints(mayFollow),
            algorithm);
    pki.install();
    return pki;
  }

  /**
   * Writes the CRL and what this CA may sign, but not its certificate: it is known and no anchor.
   * What it may sign stands in the namespaces file of the anchor above it.
   */
  public void installButTheCertificate() {
    PemFiles.write(caDirectory.resolve(hash() + ".r0"), crl(Duration.ofDays(7)));
    TestPki anchor = this;
    while (anchor.parent != null) {
      anchor = anchor.parent;
    }
    Path namespaces = caDirectory.resolve(anchor.hash() + ".namespaces");
    try {
      String before = Files.exists(namespaces) ? Files.readString(namespaces) : anchor.mayIssue();
      PemFiles.writeText(namespaces, before + mayIssue());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String mayIssue() {
    return "TO Issuer \"" + caName + "\" \\\n  PERMIT Subject \"/DC=org/DC=hospes/.*\"\n";
  }

  /** Revokes a CA below this one; writes the CRL. */
  public void revoke(TestPki subordinate) {
    revoked.put(subordinate.caCertificate.getSerialNumber(), Instant.now().minusSeconds(60));
    writeCrl();
  }

  /** Writes the EUGridPMA form of the namespace, beside the signing policy. */
  public void writeNamespaces(String permitted) {
    String text = "TO Issuer \"" + caName + "\" \\\n  PERMIT Subject \"" + permitted + "\"\n";
    PemFiles.writeText(caDirectory.resolve(hash() + ".namespaces"), text);
  }

  /** Another CA of this name with another key, installed nowhere. */
  public TestPki impostor() {
    Path other = directory.resolve("impostor");
    return new TestPki(other, other.resolve("certificates"), caName, null);
  }

  /** Writes certificate, signing policy and CRL into {@link #caDirectory()}. */
  public void install() {
    installInto(caDirectory);
  }

  /** Writes certificate, signing policy and CRL into any CA directory. */
  public void installInto(Path target) {
    PemFiles.write(target.resolve(hash() + ".0"), caCertificate);
    writeSigningPolicy(target, "/DC=org/DC=hospes/*", "/DC=org/DC=other/*");
    PemFiles.write(target.resolve(hash() + ".r0"), crl(Duration.ofDays(7)));
  }

  /** Where the CA stands; give it to {@code CertificateDirectory.open} or {@code X509_CERT_DIR}. */
  public Path caDirectory() {
    return caDirectory;
  }

  /** Where everything that is not the CA directory is written. */
  public Path directory() {
    return directory;
  }

  /** The CA's certificate. */
  public X509Certificate caCertificate() {
    return caCertificate;
  }

  /** The hash that names the CA's files. */
  public String hash() {
    return OpensslTruststoreHelper.getOpenSSLCAHash(caCertificate.getSubjectX500Principal(), true);
  }

  /** A strict validator over the directory that looks at it only when told to. */
  public CertificateDirectory validator() {
    try {
      return CertificateDirectory.open(
          caDirectory, PathRules.strict(), Duration.ofDays(1), Clock.systemUTC());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A host's papers: {@code /DC=org/DC=hospes/CN=cn}, with DNS names or IP addresses beside. */
  public Credential host(String cn, String... altNames) {
    Instant now = Instant.now();
    return issue(
        "/DC=org/DC=hospes/CN=" + cn,
        now.minus(Duration.ofHours(1)),
        now.plus(Duration.ofDays(30)),
        altNames.length == 0 ? new String[] {cn} : altNames);
  }

  /** A person's papers: {@code /DC=org/DC=hospes/CN=cn}. */
  public Credential user(String cn) {
    return named("/DC=org/DC=hospes/CN=" + cn);
  }

  /** Papers of any name in slash form, whether the signing policy gives it or not. */
  public Credential named(String slash) {
    Instant now = Instant.now();
    return issue(slash, now.minus(Duration.ofHours(1)), now.plus(Duration.ofDays(30)));
  }

  /** A person's papers that ended an hour ago. */
  public Credential expired(String cn) {
    Instant now = Instant.now();
    return issue(
        "/DC=org/DC=hospes/CN=" + cn,
        now.minus(Duration.ofDays(30)),
        now.minus(Duration.ofHours(1)));
  }

  /** Papers with a time of one's own. */
  public Credential issue(String slash, Instant from, Instant to, String... altNames) {
    KeyPair key = KeyStock.HOLDERS.next();
    X509Certificate certificate =
        Certificates.endEntity(
            new Certificates.Request(
                new DistinguishedName(slash),
                key.getPublic(),
                BigInteger.valueOf(serial++),
                from,
                to,
                List.of(altNames)),
            caCertificate,
            caKey.getPrivate(),
            Certificates.SIGNATURE);
    List<X509Certificate> chain = new ArrayList<>(List.of(certificate));
    for (TestPki above = this; above.parent != null; above = above.parent) {
      chain.add(above.caCertificate);
    }
    return new Credential(chain, key.getPrivate(), slash);
  }

  /** Papers "issued" by a person, as if they were a CA. */
  public Credential forgedBy(Credential person, String slash) {
    KeyPair key = KeyStock.HOLDERS.next();
    X509Certificate forged =
        Certificates.endEntity(
            request(slash, key), person.leaf(), person.key(), Certificates.SIGNATURE);
    return new Credential(List.of(forged, person.leaf()), key.getPrivate(), slash);
  }

  /** A person's papers with a signature algorithm and a key length of one's own. */
  public Credential weak(String cn, String algorithm, int bits) {
    return user(cn, "RSA-" + bits, algorithm);
  }

  private Certificates.Request request(String slash, KeyPair key) {
    Instant now = Instant.now();
    return new Certificates.Request(
        new DistinguishedName(slash),
        key.getPublic(),
        BigInteger.valueOf(serial++),
        now.minus(Duration.ofHours(1)),
        now.plus(Duration.ofDays(30)),
        List.of());
  }

  /** A proxy of the kind, issued by the credential (a certificate or a proxy), for 12 hours. */
  public Credential proxy(Credential issuer, ProxyKind kind) {
    Instant now = Instant.now();
    return Proxies.issue(
        issuer, kind, now.minusSeconds(60), now.plus(Duration.ofHours(12)), List.of());
  }

  /** A full proxy with a time of one's own. */
  public Credential proxy(Credential issuer, Instant from, Instant to) {
    return Proxies.issue(issuer, ProxyKind.FULL, from, to, List.of());
  }

  /** A full proxy that lets so many follow it. */
  public Credential proxy(Credential issuer, int mayFollow) {
    Instant from = Instant.now().minusSeconds(60);
    Instant to = from.plus(Duration.ofHours(12));
    return Proxies.issue(issuer, ProxyKind.FULL, from, to, List.of(), mayFollow);
  }

  /** A proxy of RFC 3820 as a program makes it that errs or attacks; see {@link Proxies#odd}. */
  public Credential oddProxy(Credential issuer, ASN1Encodable mayFollow, String language) {
    return Proxies.odd(issuer, mayFollow, language);
  }

  /** A full proxy whose issuer's key may be elliptic; canl's own maker signs with RSA alone. */
  public Credential proxyByAnyKey(Credential issuer) {
    return Proxies.odd(issuer, null, INHERIT_ALL);
  }

  /** A person's papers with a key ({@code RSA-3072}, {@code EC-secp256r1}) and a signature. */
  public Credential user(String cn, String key, String algorithm) {
    KeyPair pair = Certificates.newKey(key);
    X509Certificate certificate = certificate(cn, pair.getPublic(), algorithm);
    return new Credential(List.of(certificate), pair.getPrivate(), cn);
  }

  /** A person's certificate over any key at all. */
  public X509Certificate certificate(String cn, PublicKey key, String algorithm) {
    return Certificates.endEntity(
        request("/DC=org/DC=hospes/CN=" + cn, new KeyPair(key, null)),
        caCertificate,
        caKey.getPrivate(),
        algorithm);
  }

  /** A full proxy that ended an hour ago. */
  public Credential expiredProxy(Credential issuer) {
    Instant now = Instant.now();
    return Proxies.issue(
        issuer,
        ProxyKind.FULL,
        now.minus(Duration.ofMinutes(59)).minus(Duration.ofMinutes(1)),
        now.minus(Duration.ofMinutes(30)),
        List.of());
  }

  /** Revokes the credential's own or, for a proxy, its end entity's certificate; writes the CRL. */
  public void revoke(Credential credential) {
    revoked.put(endEntity(credential).getSerialNumber(), Instant.now().minusSeconds(60));
    writeCrl();
  }

  /** Forgets a revocation, as CAs do once the certificate expired; writes the CRL. */
  public void unlistRevoked(Credential credential) {
    revoked.remove(endEntity(credential).getSerialNumber());
    writeCrl();
  }

  /** Writes a CRL that is in force for a week. */
  public void writeCrl() {
    writeCrl(Duration.ofDays(7));
  }

  /** Writes a CRL that is in force for so long. */
  public void writeCrl(Duration life) {
    PemFiles.write(crlFile(), crl(life));
  }

  /** Writes a CRL that ended an hour ago. */
  public void expireCrl() {
    writeCrl(Duration.ofHours(-1));
  }

  /** Takes the CRL away. */
  public void dropCrl() {
    delete(crlFile());
  }

  /** Takes the CA's certificate away. */
  public void dropCa() {
    delete(caDirectory.resolve(hash() + ".0"));
  }

  /** Takes the signing policy away. */
  public void dropSigningPolicy() {
    delete(caDirectory.resolve(hash() + ".signing_policy"));
  }

  /** Where the CRL stands. */
  public Path crlFile() {
    return caDirectory.resolve(hash() + ".r0");
  }

  /** A CRL of what is revoked, in force until {@code life} from now, which may be in the past. */
  public X509CRL crl(Duration life) {
    Instant now = Instant.now();
    Instant begin = life.isNegative() ? now.plus(life).minus(Duration.ofDays(7)) : now;
    return Certificates.crl(
        caCertificate,
        caKey.getPrivate(),
        begin.minusSeconds(60),
        now.plus(life),
        ++crlNumber,
        revoked);
  }

  /** Writes the chain, leaf first, into {@link #directory()}. */
  public Path writeCertificate(Credential credential, String name) {
    Path file = directory.resolve(name);
    PemFiles.write(file, credential.chain().toArray());
    return file;
  }

  /** Writes the key as PKCS#8, readable by its owner alone, into {@link #directory()}. */
  public Path writeKey(Credential credential, String name) {
    Path file = directory.resolve(name);
    PemFiles.writePrivate(file, credential.key());
    return file;
  }

  /** Writes certificate, key and chain as proxies have it, into {@link #directory()}. */
  public Path writeProxy(Credential credential, String name) {
    Path file = directory.resolve(name);
    Object[] objects = new Object[credential.chain().size() + 1];
    objects[0] = credential.leaf();
    objects[1] = credential.key();
    for (int i = 1; i < credential.chain().size(); i++) {
      objects[i + 1] = credential.chain().get(i);
    }
    PemFiles.writePrivate(file, objects);
    return file;
  }

  private void writeSigningPolicy(Path target, String... subjects) {
    String policy =
        "access_id_CA      X509         '"
            + caName
            + "'\npos_rights        globus        CA:sign\ncond_subjects     globus     '\""
            + String.join("\" \"", subjects)
            + "\"'\n";
    PemFiles.writeText(target.resolve(hash() + ".signing_policy"), policy);
  }

  private static X509Certificate endEntity(Credential credential) {
    return credential.chain().stream()
        .filter(certificate -> ProxyKinds.of(certificate) == ProxyKind.NONE)
        .findFirst()
        .orElseThrow();
  }

  private static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static IllegalStateException broken(GeneralSecurityException e) {
    return new IllegalStateException("the test authority cannot compute", e);
  }
}
