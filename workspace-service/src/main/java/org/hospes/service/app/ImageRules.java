package org.hospes.service.app;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.hospes.image.Digest;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.image.policy.ImagePolicyFile;
import org.hospes.service.admission.ImageRulebook;
import org.hospes.service.admission.RuleName;
import org.hospes.settings.InvalidSettingsException;
import org.hospes.settings.Problems;
import org.hospes.settings.Settings;
import org.hospes.trust.path.DistinguishedName;

/**
 * One version of the image policy, and at which lines of it the rules stand. Read once, so that
 * both are of the same bytes.
 *
 * @param signers the line of each, by the slash form of the DN
 * @param parts the line of each key at the top
 */
record ImageRules(
    ImagePolicy policy, String file, Map<String, Integer> signers, Map<String, Integer> parts)
    implements ImageRulebook {
  private static final long LARGEST = 1 << 20;
  private static final Map<String, String> KEYS =
      Map.of(
          "image.form.refused", "forms",
          "image.key.small", "smallest-keys",
          "image.digest.refused", "refused",
          "image.signer.untrusted", "signers",
          "image.endorsements.missing", "endorsements",
          "image.signer.expired.forbidden", "expired-signers",
          "image.signer.expired.no-sight", "expired-signers",
          "image.signer.expired.no-countersignature", "countersigners");

  /**
   * Reads it, for a {@link org.hospes.settings.Watched}.
   *
   * @throws InvalidSettingsException with every mistake
   */
  static ImageRules load(Path file) throws InvalidSettingsException {
    byte[] bytes;
    Problems problems = new Problems();
    try {
      if (Files.size(file) > LARGEST) {
        problems.add(file.toString(), 0, "", "longer than " + LARGEST + " bytes");
        throw new InvalidSettingsException(problems.list());
      }
      bytes = Files.readAllBytes(file);
    } catch (IOException e) {
      problems.add(file.toString(), 0, "", "cannot be read: " + e);
      throw new InvalidSettingsException(problems.list());
    }
    ImagePolicy policy = ImagePolicyFile.parse(bytes, file.toString(), problems);
    problems.throwIfAny();
    return new ImageRules(policy, String.valueOf(file.getFileName()), signers(bytes), parts(bytes));
  }

  private static Map<String, Integer> signers(byte[] bytes) {
    Map<String, Integer> lines = new HashMap<>();
    for (Settings signer : top(bytes).sections("signers")) {
      DistinguishedName dn = signer.parsed("dn", DistinguishedName::parse);
      lines.put(dn.slash(), signer.line("dn"));
    }
    return lines;
  }

  private static Map<String, Integer> parts(byte[] bytes) {
    Settings top = top(bytes);
    Map<String, Integer> lines = new HashMap<>();
    KEYS.values().stream().filter(top::has).forEach(key -> lines.put(key, top.line(key)));
    return lines;
  }

  /** The file was found good, so that nothing comes of further problems. */
  private static Settings top(byte[] bytes) {
    return Settings.parse(new String(bytes, StandardCharsets.UTF_8), "", new Problems());
  }

  @Override
  public Digest digest() {
    return policy.digest();
  }

  @Override
  public RuleName accepted(DistinguishedName signer, String label) {
    return new RuleName(label, at(signers.get(signer.slash())));
  }

  @Override
  public RuleName refused(String code, Map<String, String> facts) {
    String signer = facts.getOrDefault("signer", "");
    boolean listed = signers.containsKey(signer);
    boolean ofSigner =
        switch (code) {
          case "image.name.refused", "image.vo.mismatch", "image.run.own" -> listed;
          // The site takes it, this signer's word in it it does not.
          case "image.form.refused" ->
              listed
                  && policy.forms().stream()
                      .map(ImagePolicyFile::name)
                      .anyMatch(facts.getOrDefault("found", "")::equals);
          default -> false;
        };
    if (ofSigner) {
      String id = facts.getOrDefault("rule", "signers: " + signer);
      return new RuleName(id, at(signers.get(signer)));
    }
    String key = KEYS.get(code);
    if (key == null) {
      return RuleName.builtIn("papers");
    }
    return new RuleName(facts.getOrDefault("rule", key), at(parts.get(key)));
  }

  private String at(Integer line) {
    return line == null || line == 0 ? file : file + ":" + line;
  }
}
