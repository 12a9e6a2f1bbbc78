package org.hospes.image.policy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.settings.InvalidSettingsException;
import org.hospes.settings.Problems;
import org.hospes.settings.Settings;
import org.hospes.trust.path.DistinguishedName;

/**
 * The image policy as YAML:
 *
 * <pre>
 * forms: [cms, classic-sha256, classic-sha1]
 * signers:
 *   - dn: "/DC=org/DC=example/CN=Bob Builder"
 *     vos: [demo]
 *     forms: [cms]
 *     names: [sl6, "demo-*"]
 *     not-for-own-runs: true
 * endorsements:
 *   - names: ["prod-*"]
 *     of: ["/DC=org/DC=example/CN=Ann", "/DC=org/DC=example/CN=Carl", "/DC=org/DC=example/CN=Eve"]
 *     at-least: 2
 * expired-signers: countersigned
 * countersigners: ["/DC=org/DC=example/CN=repo.example.org"]
 * smallest-keys: {rsa: 3072, ec: 256}
 * refused: ["sha256:..."]
 * on-revocation: list
 * </pre>
 */
public final class ImagePolicyFile {
  private static final long LARGEST = 1 << 20;
  private static final Pattern IMAGE_NAME = Pattern.compile("[A-Za-z0-9._-]*[*]?");

  private ImagePolicyFile() {}

  /** Reads a policy; mistakes become problems, and what is returned then accepts nothing more. */
  public static ImagePolicy read(Path file, Problems problems) {
    byte[] bytes;
    try {
      if (Files.size(file) > LARGEST) {
        problems.add(file.toString(), 0, "", "longer than " + LARGEST + " bytes");
        return nothing();
      }
      bytes = Files.readAllBytes(file);
    } catch (IOException e) {
      problems.add(file.toString(), 0, "", "cannot be read: " + e);
      return nothing();
    }
    return parse(bytes, file.toString(), problems);
  }

  /**
   * Reads a policy, for a {@link org.hospes.settings.Watched}.
   *
   * @throws InvalidSettingsException with every mistake
   */
  public static ImagePolicy load(Path file) throws InvalidSettingsException {
    Problems problems = new Problems();
    ImagePolicy policy = read(file, problems);
    problems.throwIfAny();
    return policy;
  }

  /** Reads a policy; {@code source} names it in problems. */
  public static ImagePolicy parse(byte[] yaml, String source, Problems problems) {
    Settings settings = Settings.parse(new String(yaml, StandardCharsets.UTF_8), source, problems);
    Set<SignatureForm> forms = forms(settings);
    if (!settings.has("forms")) {
      settings.problem("forms", "required: a list of cms, classic-sha256, classic-sha1");
    }
    List<SignerRule> signers = new ArrayList<>();
    Set<DistinguishedName> seen = new HashSet<>();
    for (Settings section : settings.sections("signers")) {
      DistinguishedName dn = section.parsed("dn", DistinguishedName::parse);
      Set<String> vos = Set.copyOf(section.texts("vos"));
      Set<SignatureForm> narrowed = forms(section);
      Set<String> names = names(section);
      boolean notForOwnRuns = section.flag("not-for-own-runs", false);
      if (vos.isEmpty()) {
        section.problem("vos", "required: the VOs whose callers may run what this DN signs, or *");
      }
      if (dn == null) {
        continue;
      }
      if (!seen.add(dn)) {
        section.problem("dn", dn + " is listed twice");
      }
      signers.add(
          new SignerRule(dn, vos, section.has("forms") ? narrowed : forms, names, notForOwnRuns));
    }
    List<EndorsementRule> endorsements = new ArrayList<>();
    for (Settings section : settings.sections("endorsements")) {
      endorsements(section).ifPresent(endorsements::add);
    }
    Set<Digest> refused = Set.copyOf(settings.parsedList("refused", ImagePolicyFile::sha256));
    Settings keys = settings.section("smallest-keys");
    Map<String, Integer> smallestKeys =
        Map.of("rsa", keys.integer("rsa", 0, 16_384, 0), "ec", keys.integer("ec", 0, 521, 0));
    ImagePolicy.ExpiredSigners expired =
        settings.parsed(
            "expired-signers",
            ImagePolicyFile::expiredSigners,
            ImagePolicy.ExpiredSigners.COUNTERSIGNED);
    Set<DistinguishedName> countersigners =
        Set.copyOf(settings.parsedList("countersigners", DistinguishedName::parse));
    boolean ends = "end".equals(settings.parsed("on-revocation", ImagePolicyFile::end, "list"));
    settings.done();
    return new ImagePolicy(
        new PolicyContent(
            forms, signers, refused, smallestKeys, endorsements, expired, countersigners, ends),
        Digest.sha256Of(yaml));
  }

  private static Set<String> names(Settings section) {
    Set<String> names = Set.copyOf(section.parsedList("names", ImagePolicyFile::imageName));
    if (!section.has("names")) {
      return Set.of(SignerRule.ANY);
    }
    if (section.texts("names").isEmpty()) {
      section.problem("names", "expected names of images, or nothing for any");
    }
    return names;
  }

  private static Optional<EndorsementRule> endorsements(Settings section) {
    Set<String> names = names(section);
    List<DistinguishedName> of = section.parsedList("of", DistinguishedName::parse);
    Set<DistinguishedName> distinct = Set.copyOf(of);
    if (of.isEmpty()) {
      section.problem("of", "required: the DNs whose endorsements count");
    } else if (distinct.size() < of.size()) {
      section.problem("of", "a DN is listed twice; each counts once");
    }
    if (!section.has("at-least")) {
      section.problem("at-least", "required: how many of them must have endorsed an image");
    }
    int most = Math.min(Math.max(1, distinct.size()), SignedImage.MOST_ENDORSEMENTS);
    int atLeast = section.integer("at-least", 1, most, 1);
    return names.isEmpty() || distinct.isEmpty()
        ? Optional.empty()
        : Optional.of(new EndorsementRule(names, distinct, atLeast));
  }

  private static Set<SignatureForm> forms(Settings settings) {
    Set<SignatureForm> forms = EnumSet.noneOf(SignatureForm.class);
    forms.addAll(settings.parsedList("forms", ImagePolicyFile::form));
    return forms;
  }

  private static ImagePolicy nothing() {
    return new ImagePolicy(Set.of(), List.of(), Set.of(), Digest.sha256Of(new byte[0]));
  }

  private static Digest sha256(String text) {
    Digest digest = Digest.parse(text);
    if (digest.algorithm() != Digest.Algorithm.SHA256) {
      throw new IllegalArgumentException("expected sha256:HEX, found " + text);
    }
    return digest;
  }

  /** The name of a form in policy files and messages: {@code classic-sha1}. */
  public static String name(SignatureForm form) {
    return form.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String end(String text) {
    if (!text.equals("list") && !text.equals("end")) {
      throw new IllegalArgumentException(
          "expected list (running workspaces of a revoked signer are told of) or end (they are"
              + " ended), found "
              + text);
    }
    return text;
  }

  private static String imageName(String text) {
    if (!IMAGE_NAME.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "expected a name of an image, with * at its end at most, found " + text);
    }
    return text;
  }

  private static ImagePolicy.ExpiredSigners expiredSigners(String text) {
    return switch (text) {
      case "countersigned" -> ImagePolicy.ExpiredSigners.COUNTERSIGNED;
      case "refuse" -> ImagePolicy.ExpiredSigners.REFUSE;
      default ->
          throw new IllegalArgumentException("expected countersigned or refuse, found " + text);
    };
  }

  private static SignatureForm form(String text) {
    for (SignatureForm form : SignatureForm.values()) {
      if (name(form).equals(text)) {
        return form;
      }
    }
    throw new IllegalArgumentException(
        "expected cms, classic-sha256 or classic-sha1, found " + text);
  }
}
