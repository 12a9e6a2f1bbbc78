package org.hospes.image.policy;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.settings.InvalidSettingsException;
import org.hospes.settings.Problems;

/**
 * Whether an image may boot here: which signature forms, which signers for which virtual
 * organisations, which disks never. Immutable; what is not listed is refused. {@link
 * ImagePolicyFile} reads it.
 */
public final class ImagePolicy {
  private final Set<SignatureForm> forms;
  private final List<SignerRule> signers;
  private final Set<Digest> refused;
  private final Digest digest;
  private final Map<String, Integer> smallestKeys;
  private final boolean everySigner;

  /**
   * @param refused SHA-256 of disks that never boot
   * @param digest of the file that this was read from, so that parties can compare their copies
   */
  public ImagePolicy(
      Set<SignatureForm> forms, List<SignerRule> signers, Set<Digest> refused, Digest digest) {
    this(forms, signers, refused, Map.of(), digest);
  }

  /**
   * The same with the smallest keys, in bits by {@link KeySize#family family}; a family that is not
   * among them is held to nothing but what every signature is held to.
   */
  public ImagePolicy(
      Set<SignatureForm> forms,
      List<SignerRule> signers,
      Set<Digest> refused,
      Map<String, Integer> smallestKeys,
      Digest digest) {
    this(forms, signers, refused, smallestKeys, digest, false);
  }

  private ImagePolicy(
      Set<SignatureForm> forms,
      List<SignerRule> signers,
      Set<Digest> refused,
      Map<String, Integer> smallestKeys,
      Digest digest,
      boolean everySigner) {
    this.smallestKeys = Map.copyOf(smallestKeys);
    this.forms = Set.copyOf(forms);
    this.signers = List.copyOf(signers);
    this.refused = Set.copyOf(refused);
    this.digest = digest;
    this.everySigner = everySigner;
  }

  /** As {@link ImagePolicyFile#read}. */
  public static ImagePolicy read(Path file, Problems problems) {
    return ImagePolicyFile.read(file, problems);
  }

  /** As {@link ImagePolicyFile#load}. */
  public static ImagePolicy load(Path file) throws InvalidSettingsException {
    return ImagePolicyFile.load(file);
  }

  /**
   * Takes every form and every signer with a good certificate: for a builder's own check of a
   * signature, on a machine that keeps no policy. A site never uses it.
   */
  public static ImagePolicy everySigner() {
    return new ImagePolicy(
        EnumSet.allOf(SignatureForm.class),
        List.of(),
        Set.of(),
        Map.of(),
        Digest.sha256Of(new byte[0]),
        true);
  }

  /**
   * Decides. Pure: the same arguments give the same answer.
   *
   * @param now reserved for rules with a term; kept in the signature so that none reads a clock
   */
  public Decision decide(Evidence evidence, Instant now) {
    if (!forms.contains(evidence.form())) {
      return refuse(
          evidence,
          "image.form.refused",
          "signatures of this form are not accepted here",
          "sign the image in one of the accepted forms, or ask the site's operator",
          Map.of("expected", names(forms), "found", ImagePolicyFile.name(evidence.form())));
    }
    int smallest = smallestKeys.getOrDefault(evidence.key().family(), 0);
    if (evidence.key().bits() < smallest) {
      return refuse(
          evidence,
          "image.key.small",
          "the key that signed the image is too small here",
          "sign the image with a larger key, or ask the site's operator",
          Map.of(
              "rule",
              "smallest-keys",
              "expected",
              evidence.key().family() + " " + smallest + " at least",
              "found",
              evidence.key().toString()));
    }
    if (refused.contains(evidence.digest())) {
      return refuse(
          evidence,
          "image.digest.refused",
          "this very disk is refused here",
          "ask the site's operator why; another build of the image may be welcome",
          Map.of("rule", "refused: " + evidence.digest()));
    }
    if (everySigner) {
      return new Decision.Accepted("no policy: every signer", Set.of(SignerRule.ANY));
    }
    Optional<SignerRule> found =
        signers.stream().filter(rule -> rule.signer().equals(evidence.signer())).findFirst();
    if (found.isEmpty()) {
      return refuse(
          evidence,
          "image.signer.untrusted",
          "the image policy does not list " + evidence.signer() + " as a signer",
          "ask the site's operator to add this DN to 'signers' in the image policy",
          Map.of("expected", "one of " + signers.size() + " listed signers"));
    }
    return decide(evidence, found.get());
  }

  private Decision decide(Evidence evidence, SignerRule rule) {
    if (!rule.forms().contains(evidence.form())) {
      return refuse(
          evidence,
          "image.form.refused",
          "this signer's signatures are not accepted in this form",
          "sign the image in one of the accepted forms, or ask the site's operator",
          Map.of("expected", names(rule.forms()), "found", ImagePolicyFile.name(evidence.form())));
    }
    if (!rule.trustedWith(evidence.signedName())) {
      return refuse(
          evidence,
          "image.name.refused",
          "the signer is not trusted for images of this name",
          evidence.form().classic()
              ? "sign the manifest, which names the image: 'workspace image sign'"
              : "sign it under a name of the signer's 'names', or ask the site's operator",
          Map.of(
              "expected", String.join(", ", new TreeSet<>(rule.names())),
              "found", evidence.signedName().orElse("none: a classic signature signs no name")));
    }
    Set<String> organisations = rule.virtualOrganisations();
    if (evidence.signedVirtualOrganisation().isPresent()) {
      String signed = evidence.signedVirtualOrganisation().get();
      if (!rule.trustedFor(signed)) {
        return mismatch(
            evidence, "the signer is not trusted for the manifest's", organisations, signed);
      }
      organisations = Set.of(signed);
    }
    if (evidence.audience().known()) {
      Optional<String> caller = evidence.audience().virtualOrganisation();
      if (!organisations.contains(SignerRule.ANY)
          && !caller.map(organisations::contains).orElse(false)) {
        return mismatch(
            evidence, "the image is not for the caller's", organisations, caller.orElse("none"));
      }
    }
    return new Decision.Accepted(
        "signers: "
            + rule.signer()
            + " for "
            + new TreeSet<>(rule.virtualOrganisations())
            + (rule.names().contains(SignerRule.ANY)
                ? ""
                : " names " + new TreeSet<>(rule.names())),
        organisations);
  }

  private static Decision mismatch(
      Evidence evidence, String what, Set<String> expected, String found) {
    return refuse(
        evidence,
        "image.vo.mismatch",
        what + " virtual organisation",
        "use an image whose signer is trusted for your virtual organisation, or ask the site's"
            + " operator to add it to this signer's 'vos'",
        Map.of("expected", String.join(", ", new TreeSet<>(expected)), "found", found));
  }

  private static Decision refuse(
      Evidence evidence, String code, String message, String advice, Map<String, String> facts) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("signer", evidence.signer().slash());
    all.put("digest", evidence.digest().toString());
    all.putAll(facts);
    return new Decision.Refused(code, message, advice, all);
  }

  private static String names(Set<SignatureForm> forms) {
    return forms.stream().sorted().map(ImagePolicyFile::name).collect(Collectors.joining(", "));
  }

  /** SHA-256 of the file's bytes; parties whose policies differ have different ones. */
  public Digest digest() {
    return digest;
  }

  public Set<SignatureForm> forms() {
    return forms;
  }

  public List<SignerRule> signers() {
    return signers;
  }

  /** Whether images signed over SHA-1 may boot. */
  public boolean acceptsSha1() {
    return forms.contains(SignatureForm.CLASSIC_SHA1)
        && (everySigner
            || signers.stream().anyMatch(s -> s.forms().contains(SignatureForm.CLASSIC_SHA1)));
  }

  /** What an operator should be told at start, by {@code doctor} and in metrics. */
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    if (forms.contains(SignatureForm.CLASSIC_SHA1)) {
      warnings.add(
          "the image policy accepts signatures over SHA-1, whose collisions are practical since"
              + " 2017; remove classic-sha1 from 'forms' once no builder needs it");
    }
    if (signers.isEmpty() && !everySigner) {
      warnings.add("the image policy lists no signer, so no image can boot");
    }
    return List.copyOf(warnings);
  }
}
