package org.hospes.service.workspace;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.Statement;
import org.hospes.trust.path.DistinguishedName;

/** Workspaces and papers to test with. */
public final class Sample {
  public static final DistinguishedName ADA =
      new DistinguishedName("/DC=org/DC=hospes/CN=Ada Physicist");
  public static final DistinguishedName EVE =
      new DistinguishedName("/DC=org/DC=hospes/CN=Eve Other");
  public static final DistinguishedName BOB =
      new DistinguishedName("/DC=org/DC=hospes/CN=Bob Builder");
  public static final Instant START = Instant.parse("2026-11-20T10:00:00Z");
  public static final Digest IMAGE = Digest.sha256(new byte[32]);
  public static final long MIB = 1L << 20;

  private Sample() {}

  public static Digest digest(int seed) {
    byte[] bytes = new byte[32];
    bytes[0] = (byte) seed;
    return Digest.sha256(bytes);
  }

  public static WorkspaceId id() {
    return new WorkspaceId(UUID.randomUUID());
  }

  public static Order order(DistinguishedName owner, String token) {
    return new Order(
        "sl6",
        new Owner(owner, Optional.of("demo")),
        token,
        digest(7),
        new ImagePin("sl6:1", IMAGE, BOB.slash(), SignatureForm.CLASSIC_SHA1, 64 * MIB),
        new Resources(1, 256 * MIB, 0),
        List.of(new Forward(Optional.empty(), Optional.empty(), 80)),
        OnCrash.END,
        new Lease(START, Duration.ofHours(4)));
  }

  public static Workspace workspace(DistinguishedName owner, String token) {
    return Workspace.requested(id(), order(owner, token), START);
  }

  public static SignedImage papers() {
    return new SignedImage(
            new byte[] {1, 2, 3},
            SignatureForm.CLASSIC_SHA1,
            new byte[] {4, 5},
            List.of(builder()),
            List.of(new byte[] {6, -1}, new byte[] {7}))
        .withPublication(Optional.of(new Statement(new byte[] {8}, new byte[] {9, -9})));
  }

  public static Dossier dossier() {
    return new Dossier(
        papers(),
        List.of(URI.create("https://repo.example.org:9444/images/sha256/00")),
        "<signed/>".getBytes(java.nio.charset.StandardCharsets.UTF_8),
        Optional.of("ssh-ed25519 AAAA ada"),
        Optional.of(new byte[] {9, 8, 7}));
  }

  public static X509Certificate builder() {
    try (InputStream pem = Sample.class.getResourceAsStream("/papers/builder.pem")) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(pem);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (CertificateException e) {
      throw new IllegalStateException(e);
    }
  }
}
