package org.hospes.image.policy;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
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
import org.hospes.trust.path.DistinguishedName;

/**
 * Whether an image may boot here: which signature forms, which signers for which virtual
 * organisations, which disks never. Immutable; what is not listed is refused. {@link
 * ImagePolicyFile} reads it.
 */
public final class ImagePolicy {
  /** What becomes of images whose signer's certificate has expired. */
  public enum ExpiredSigners {
    /** They boot when a countersigner and this site's service saw them in time. */
    COUNTERSIGNED,
    /** They do not. */
    REFUSE
  }

  private final PolicyContent content;
  private final Digest digest;
  private final boolean everySigner;

  /**
   * @param digest of the file that this was read from, so that parties can compare their copies
   */
  public ImagePolicy(PolicyContent content, Digest digest) {
    this(content, digest, false);
  }

  /** Of {@link PolicyContent#of}. */
  public ImagePolicy(
      Set<SignatureForm> forms, List<SignerRule> signers, Set<Digest> refused, Digest digest) {
    this(PolicyContent.of(forms, signers, refused), digest);
  }

  private ImagePolicy(PolicyContent content, Digest digest, boolean everySigner) {
    this.content = content;
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
        PolicyContent.of(EnumSet.allOf(SignatureForm.class), List.of(), Set.of())
            .withExpiredSigners(ExpiredSigners.REFUSE, Set.of()),
        Digest.sha256Of(new byte[0]),
        true);
  }

  /** Whether nodes end running guests whose image's signer is revoked, and do not only tell. */
  public boolean endsRevoked() {
    return content.endsRevoked();
  }

  /** What becomes of images whose signer's certificate has expired. */
  public ExpiredSigners expiredSigners() {
    return content.expiredSigners();
  }

  /** Whether it says anything of them: somebody's word counts, or nobody's ever does. */
  public boolean judgesExpiredSigners() {
    return content.expiredSigners() == ExpiredSigners.REFUSE || !content.countersigners().isEmpty();
  }

  /** Whose word counts that an image was published; nobody's by default. */
  public Set<DistinguishedName> countersigners() {
    return content.countersigners();
  }

  /**
   * Decides. Pure: the same arguments give the same answer.
   *
   * @param now reserved for rules with a term; kept in the signature so that none reads a clock
   */
  public Decision decide(Evidence evidence, Instant now) {
    if (!content.forms().contains(evidence.form())) {
      return refuse(
          evidence,
          "image.form.refused",
          "signatures of this form are not accepted here",
          "sign the image in one of the accepted forms, or ask the site's operator",
          Map.of(
              "expected", names(content.forms()), "found", ImagePolicyFile.name(evidence.form())));
    }
    if (!largeEnough(evidence.key())) {
      return refuse(
          evidence,
          "image.key.small",
          "the key that signed the image is too small here",
          "sign the image with a larger key, or ask the site's operator",
          Map.of(
              "rule",
              "smallest-keys",
              "expected",
              evidence.key().family()
                  + " "
                  + content.smallestKeys().get(evidence.key().family())
                  + " at least",
              "found",
              evidence.key().toString()));
    }
    if (content.refused().contains(evidence.digest())) {
      return refuse(
          evidence,
          "image.digest.refused",
          "this very disk is refused here",
          "ask the site's operator why; another build of the image may be welcome",
          Map.of("rule", "refused: " + evidence.digest()));
    }
    if (everySigner) {
      return new Decision.Accepted(
          "no policy: every signer", Set.of(SignerRule.ANY), endorsers(evidence));
    }
    Optional<SignerRule> found =
        content.signers().stream()
            .filter(rule -> rule.signer().equals(evidence.signer()))
            .findFirst();
    if (found.isEmpty()) {
      return refuse(
          evidence,
          "image.signer.untrusted",
          "the image policy does not list " + evidence.signer() + " as a signer",
          "ask the site's operator to add this DN to 'signers' in the image policy",
          Map.of("expected", "one of " + content.signers().size() + " listed signers"));
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
    if (rule.notForOwnRuns()
        && evidence.audience().runner().filter(rule.signer()::equals).isPresent()) {
      return refuse(
          evidence,
          "image.run.own",
          "whoever signs images as " + rule.signer() + " does not run them here",
          "have somebody else run it, or use an image that another signed",
          Map.of(
              "rule", "signers: not-for-own-runs",
              "expected", "another than the signer",
              "found", rule.signer().slash()));
    }
    return endorsed(evidence, rule, organisations);
  }

  private Decision endorsed(Evidence evidence, SignerRule signer, Set<String> organisations) {
    Set<DistinguishedName> endorsers = endorsers(evidence);
    StringBuilder rules = new StringBuilder(signer.label());
    Set<DistinguishedName> counted = new HashSet<>();
    for (EndorsementRule rule : rulesFor(evidence, endorsers)) {
      counted.addAll(rule.counted(endorsers));
      if (rule.metBy(endorsers)) {
        rules.append("; ").append(rule.label());
      } else if (evidence.audience().known()) {
        return refuse(
            evidence,
            "image.endorsements.missing",
            "the image " + evidence.name() + " is endorsed by too few here",
            evidence.form().classic() && !rule.isFor(evidence.name())
                ? "sign the manifest, which names the image: a classic signature signs no name, so"
                    + " that every rule on endorsements counts for it"
                : "have it endorsed: 'workspace image endorse "
                    + evidence.name()
                    + "' by those whom the policy lists",
            Map.of(
                "rule", rule.label(),
                "expected", rule.atLeast() + " of " + EndorsementRule.slashed(rule.of()),
                "found", EndorsementRule.slashed(rule.counted(endorsers))));
      }
    }
    return new Decision.Accepted(rules.toString(), organisations, counted);
  }

  /**
   * The rules that are for an image. The signer's word for its name is none under a classic
   * signature: every rule counts then, unless enough people signed the manifest for the name that
   * it claims.
   */
  private List<EndorsementRule> rulesFor(Evidence evidence, Set<DistinguishedName> endorsers) {
    List<EndorsementRule> named =
        content.endorsements().stream().filter(rule -> rule.isFor(evidence.name())).toList();
    boolean nameSigned =
        !evidence.form().classic() || named.stream().anyMatch(rule -> rule.metBy(endorsers));
    return nameSigned ? named : content.endorsements();
  }

  private Set<DistinguishedName> endorsers(Evidence evidence) {
    return evidence.endorsers().stream()
        .filter(endorser -> largeEnough(endorser.key()))
        .map(Endorser::name)
        .collect(Collectors.toUnmodifiableSet());
  }

  private boolean largeEnough(KeySize key) {
    return key.bits() >= content.smallestKeys().getOrDefault(key.family(), 0);
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
    return content.forms();
  }

  public List<SignerRule> signers() {
    return content.signers();
  }

  /** Whether it is of any use to look at who else signed an image. */
  public boolean looksAtEndorsements() {
    return everySigner || !content.endorsements().isEmpty();
  }

  /** Whether somebody's endorsement counts for some image here. */
  public boolean mayEndorse(DistinguishedName name) {
    return content.endorsements().stream().anyMatch(rule -> rule.of().contains(name));
  }

  /** Whether images signed over SHA-1 may boot. */
  public boolean acceptsSha1() {
    return content.forms().contains(SignatureForm.CLASSIC_SHA1)
        && (everySigner
            || content.signers().stream()
                .anyMatch(s -> s.forms().contains(SignatureForm.CLASSIC_SHA1)));
  }

  /** What an operator should be told at start, by {@code doctor} and in metrics. */
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    if (content.forms().contains(SignatureForm.CLASSIC_SHA1)) {
      warnings.add(
          "the image policy accepts signatures over SHA-1, whose collisions are practical since"
              + " 2017; remove classic-sha1 from 'forms' once no builder needs it");
    }
    if (content.signers().isEmpty() && !everySigner) {
      warnings.add("the image policy lists no signer, so no image can boot");
    }
    return List.copyOf(warnings);
  }
}
