package org.hospes.image.verify;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.hospes.image.BootInformation;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.Manifest;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.digest.DiskDigests;
import org.hospes.image.inspect.DiskFacts;
import org.hospes.image.inspect.DiskInspector;
import org.hospes.image.manifest.ManifestFormat;
import org.hospes.image.policy.Audience;
import org.hospes.image.policy.Decision;
import org.hospes.image.policy.Evidence;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.image.policy.KeySize;
import org.hospes.image.signing.ClassicSignatures;
import org.hospes.image.signing.CmsSignatures;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.PathProblem;
import org.hospes.trust.path.PathValidator;
import org.hospes.trust.path.ProxyRule;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.trust.path.ValidatedPath;

/**
 * The one function that says whether an image may boot: the repository asks it at publish, the node
 * before every boot, the service for the papers alone, the builder for a look ahead. It returns
 * what may be believed, or throws. Safe for use by many threads; each call takes the policy in
 * force.
 *
 * <p>A classic SHA-1 signature needs the disk's SHA-1, yet a boot hashes the file by SHA-256 alone
 * when {@link DigestPairs} know which SHA-1 belongs to it. That is sound: the pair was computed in
 * one pass over the same bytes, looking for the marks of a collision, when they first came; the
 * file that boots now has the pair's SHA-256, by which it is those very bytes, short of a collision
 * in SHA-256; so its SHA-1 is the pair's. The signature is verified over that SHA-1 at every boot,
 * with the signer's chain, the revocations and the policy of that moment. Without the pair, or when
 * it is not certain, both are computed again. One SHA-1 belongs to one SHA-256: a second disk under
 * the same SHA-1 is refused, however it came to be.
 *
 * <p>Nor is a file hashed at boot when {@link EnforcedDigests} say that the kernel holds it to the
 * bytes that were hashed by SHA-256 once: whoever opens it then reads those bytes. Everything else
 * is judged as ever.
 */
public final class ImageVerifier {
  private final PathValidator paths;
  private final Supplier<ImagePolicy> policy;
  private final Clock clock;
  private final Thoroughness thoroughness;
  private final ExpiredSigners expired;

  /** One that knows of no first sights, so that no image outlives its signer's certificate. */
  public ImageVerifier(
      PathValidator paths, Supplier<ImagePolicy> policy, Clock clock, Thoroughness thoroughness) {
    this(paths, policy, clock, thoroughness, Sights.NONE);
  }

  /**
   * @param sights when this site's service first saw what
   */
  public ImageVerifier(
      PathValidator paths,
      Supplier<ImagePolicy> policy,
      Clock clock,
      Thoroughness thoroughness,
      Sights sights) {
    this.expired = new ExpiredSigners(paths, sights, clock);
    this.paths = paths;
    this.policy = policy;
    this.clock = clock;
    this.thoroughness = thoroughness;
  }

  /**
   * Verifies papers without the disk, for admission. Under CMS everything but the bytes is then
   * known; under a classic signature only that the signer is trusted.
   */
  public VerifiedPapers verifyPapers(SignedImage image, Audience audience)
      throws ImageRefusedException {
    // 1. The manifest is one, and under a classic signature claims nothing that nobody signed.
    byte[] manifestBytes = image.manifest();
    Manifest manifest = ManifestFormat.parse(manifestBytes);
    if (image.form().classic() && !manifest.boot().equals(BootInformation.OWN_LOADER)) {
      throw new ImageRefusedException(
              "image.boot.unsigned",
              "a kernel or command line beside a classic signature is signed by nobody")
          .fact("expected", "boot mode own-loader")
          .fact("found", manifest.boot().mode())
          .advice("put a boot loader on the disk, or sign the manifest: 'workspace image sign'");
    }
    // 2. The signer's chain validates, or did when it had to, and is no proxy's.
    ImagePolicy rules = policy.get();
    ExpiredSigners.Outlived signer = validate(image, manifest, rules, audience);
    ValidatedPath path = signer.path();
    if (!manifest.signer().equals(path.endEntity().slash())) {
      throw new ImageRefusedException(
              "image.signer.mismatch", "the manifest names another signer than the certificate")
          .fact("expected", path.endEntity())
          .fact("found", manifest.signer());
    }
    // 3. Under CMS the manifest is what that signer signed.
    if (!image.form().classic()) {
      X509Certificate leaf = CmsSignatures.verify(manifestBytes, image.signature()).get(0);
      if (!leaf.equals(path.leaf())) {
        throw new ImageRefusedException(
                "image.signature.invalid", "the CMS signature is by another certificate")
            .fact("expected", path.leaf().getSubjectX500Principal())
            .fact("found", leaf.getSubjectX500Principal());
      }
    }
    // 4. Who else signed the manifest.
    EndorsementCheck.Result endorsements =
        rules.looksAtEndorsements()
            ? new EndorsementCheck(paths).all(image)
            : new EndorsementCheck.Result(List.of(), List.of());
    // 5. The policy takes this form, this signer, these endorsers, this disk, for this audience.
    Evidence evidence =
        new Evidence(
            image.form(),
            path.endEntity(),
            KeySize.of(path.leaf().getPublicKey()),
            manifest.sha256(),
            manifest.name(),
            image.form().classic() ? Optional.empty() : manifest.virtualOrganisation(),
            endorsements.good(),
            audience);
    Decision.Accepted accepted = accepted(rules, evidence, endorsements.bad());
    return new VerifiedPapers(
        manifest,
        Digest.sha256Of(manifestBytes),
        image.form(),
        path,
        accepted.virtualOrganisations(),
        accepted.endorsers(),
        accepted.rule() + signer.rule());
  }

  private Decision.Accepted accepted(ImagePolicy rules, Evidence evidence, List<String> notCounted)
      throws ImageRefusedException {
    Decision decision = rules.decide(evidence, clock.instant());
    if (decision instanceof Decision.Refused refused && !notCounted.isEmpty()) {
      throw refused.asException().fact("not counted", String.join("; ", notCounted));
    }
    return decision.orThrow();
  }

  /**
   * Verifies one endorsement of an image, before it is kept.
   *
   * @return whose it is
   * @throws ImageRefusedException when it is not over this manifest, or its signer not trusted
   */
  public DistinguishedName endorser(SignedImage image, byte[] endorsement)
      throws ImageRefusedException {
    return new EndorsementCheck(paths).one(image.manifest(), endorsement).name();
  }

  /** Whether somebody's endorsements count for any image, by the policy in force. */
  public boolean mayEndorse(DistinguishedName name) {
    return policy.get().mayEndorse(name);
  }

  /** Verifies as {@link #verify(SignedImage, Path, Audience, KnownDigests)}, knowing nothing. */
  public VerifiedImage verify(SignedImage image, Path disk, Audience audience)
      throws ImageRefusedException, IOException {
    return verify(image, disk, audience, KnownDigests.NONE);
  }

  /** Verifies as {@link #verify(SignedImage, OpenDisk, Audience, KnownDigests)}, by name. */
  public VerifiedImage verify(SignedImage image, Path disk, Audience audience, KnownDigests known)
      throws ImageRefusedException, IOException {
    try (OpenDisk open = OpenDisk.at(disk)) {
      return verify(image, open, audience, known);
    }
  }

  /**
   * Verifies papers and disk by hashing this very file. A file that is replaced or changed
   * meanwhile is refused.
   *
   * @param known stands in for what would be computed at boot, and is told what was computed over
   *     an image that was found good
   * @throws IOException when the file cannot be read, or a digest not be remembered
   */
  public VerifiedImage verify(
      SignedImage image, OpenDisk disk, Audience audience, KnownDigests known)
      throws ImageRefusedException, IOException {
    VerifiedPapers papers = verifyPapers(image, audience);
    Manifest manifest = papers.manifest();
    Instant began = clock.instant();
    Map<String, Object> before = disk.noted();
    try (FileChannel channel = disk.channel()) {
      // 6. The file's bytes are those the manifest describes.
      mustAgree("length of the disk", manifest.diskBytes(), channel.size());
      boolean atBoot = thoroughness == Thoroughness.AT_BOOT;
      boolean sha1Signed = image.form() == SignatureForm.CLASSIC_SHA1;
      boolean paired = sha1Signed && atBoot && known(known.pairs(), manifest);
      boolean wantsSha1 = sha1Signed && !paired;
      Optional<Digest> enforced =
          atBoot && !wantsSha1 ? known.enforced().sha256Of(disk.handle()) : Optional.empty();
      DiskDigests digests =
          enforced.isPresent()
              ? DiskDigests.known(channel.size(), enforced.get())
              : hash(channel, wantsSha1, manifest);
      digestMustAgree(manifest.sha256(), digests.sha256());
      if (digests.sha1().isPresent()) {
        digestMustAgree(manifest.sha1(), digests.sha1().get());
      }
      if (!digests.chunks().isEmpty() && !digests.chunks().equals(manifest.chunks())) {
        throw new ImageRefusedException(
                "image.digest.mismatch", "the digests of the chunks are not those of the disk")
            .advice("make the manifest again from this very disk");
      }
      // 7. Under a classic signature they are what the signer signed.
      if (image.form().classic()) {
        Digest signed =
            switch (image.form()) {
              // The pair says that what was just hashed has the manifest's SHA-1.
              case CLASSIC_SHA1 -> paired ? manifest.sha1() : digests.sha1().orElseThrow();
              default -> digests.sha256();
            };
        ClassicSignatures.verify(signed, image.signature(), papers.path().leaf());
      }
      // 8. They are a disk that is safe to open, and the one described.
      DiskFacts facts = DiskInspector.inspect(channel);
      mustAgree("format", manifest.format(), facts.format());
      mustAgree("size of the guest's disk", manifest.virtualBytes(), facts.virtualBytes());
      // 9. It is still the same file.
      if (!disk.noted().equals(before)) {
        throw new ImageRefusedException(
                "image.file.changed", disk.name().getFileName() + " changed while it was verified")
            .advice("try again; if it happens again, look for who writes to this file");
      }
      // 10. No other disk is known by the SHA-1 that was signed.
      if (wantsSha1) {
        known.pairs().remember(digests.sha1().orElseThrow(), digests.sha256());
      }
      if (enforced.isEmpty()) {
        known.enforced().remember(disk.handle(), digests.sha256());
      }
      return new VerifiedImage(
          digests.sha256(),
          enforced.isPresent() ? Set.of() : digests.algorithms(),
          papers.manifestDigest(),
          image.form(),
          papers.signer(),
          facts.format(),
          facts.fileBytes(),
          facts.virtualBytes(),
          manifest.boot(),
          papers.virtualOrganisations(),
          papers.endorsers(),
          papers.rule(),
          OpenDisk.identity(before),
          clock.instant(),
          Duration.between(began, clock.instant()));
    }
  }

  /** Whether bytes with the manifest's SHA-256 are known to have its SHA-1. */
  private static boolean known(DigestPairs pairs, Manifest manifest) {
    return pairs.sha256Of(manifest.sha1()).filter(manifest.sha256()::equals).isPresent();
  }

  private DiskDigests hash(FileChannel channel, boolean wantsSha1, Manifest manifest)
      throws IOException, ImageRefusedException {
    return switch (thoroughness) {
      case AT_PUBLISH -> DiskDigests.withoutCollisions(channel, manifest.chunkBytes());
      case ON_ARRIVAL ->
          wantsSha1 ? DiskDigests.withoutCollisions(channel) : DiskDigests.both(channel);
      case AT_BOOT ->
          wantsSha1 ? DiskDigests.withoutCollisions(channel) : DiskDigests.sha256(channel);
    };
  }

  /** With what is to be added to the rule that lets it boot. */
  private ExpiredSigners.Outlived validate(
      SignedImage image, Manifest manifest, ImagePolicy rules, Audience audience)
      throws ImageRefusedException {
    ExpiredSigners.Outlived signer;
    try {
      signer = new ExpiredSigners.Outlived(paths.validate(image.chain()), "");
    } catch (UntrustedPathException e) {
      // What is only being published now was not published in time.
      if (!audience.known() || !rules.judgesExpiredSigners() || !expired.only(image.chain(), e)) {
        throw untrusted(e);
      }
      signer = expired.require(image, manifest, rules);
    }
    if (!ProxyRule.allows(signer.path().proxy(), ProxyRule.Use.SIGN)) {
      throw new ImageRefusedException("image.signer.proxy", "a proxy cannot sign images")
          .fact("signer", signer.path().endEntity())
          .advice("sign with the certificate itself");
    }
    return signer;
  }

  static ImageRefusedException untrusted(UntrustedPathException e) {
    String problem = gravest(e);
    return new ImageRefusedException(
            "image.signer.path", "the signer's certificate is not trusted: " + e.getMessage(), e)
        .fact("signer", e.subject())
        .fact("problem", problem)
        .advice(
            problem.equals("path.ca.unreadable")
                ? "mend the CA's file that is named, where this was judged; the image needs nothing"
                : "see the reason; a renewed certificate needs a new signature");
  }

  /** Time that ran out is the least of them: an image may outlive that, but not the rest. */
  private static String gravest(UntrustedPathException e) {
    return e.problems().stream()
        .map(PathProblem::code)
        .filter(code -> !code.equals("path.expired"))
        .findFirst()
        .orElse(e.code());
  }

  private static void digestMustAgree(Digest expected, Digest found) throws ImageRefusedException {
    if (!expected.equals(found)) {
      throw new ImageRefusedException(
              "image.digest.mismatch", "the disk's bytes are not those of the manifest")
          .fact("expected", expected)
          .fact("found", found)
          .advice("fetch or publish the disk again; if it stays so, somebody altered it");
    }
  }

  private static void mustAgree(String what, Object expected, Object found)
      throws ImageRefusedException {
    if (!expected.equals(found)) {
      throw new ImageRefusedException(
              "image.manifest.disagrees", "the manifest disagrees with the disk: " + what)
          .fact("expected", expected)
          .fact("found", found)
          .advice("make the manifest again from this very disk");
    }
  }
}
