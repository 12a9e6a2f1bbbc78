package org.hospes.service.app;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.hospes.image.Digest;
import org.hospes.service.admission.AccessRules;
import org.hospes.service.admission.Accounts;
import org.hospes.service.admission.RuleName;
import org.hospes.service.admission.RunPolicy;
import org.hospes.settings.ByteSize;
import org.hospes.settings.InvalidSettingsException;
import org.hospes.settings.Problems;
import org.hospes.settings.Settings;
import org.hospes.trust.path.DistinguishedName;

/**
 * {@code service-access.yaml}: who operates the site, which hosts are its nodes, who may run what.
 * Read once, so that the digest is that of the bytes which count.
 */
final class AccessFile {
  private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final long LARGEST = 1 << 20;

  private AccessFile() {}

  /**
   * Reads it, for a {@link org.hospes.settings.Watched}.
   *
   * @param vomsRead whether the service reads VOMS attributes, without which no rule can ask them
   * @throws InvalidSettingsException with every mistake
   */
  static AccessRules load(Path file, boolean vomsRead) throws InvalidSettingsException {
    Problems problems = new Problems();
    AccessRules rules = read(file, vomsRead, problems);
    problems.throwIfAny();
    return rules;
  }

  static AccessRules read(Path file, boolean vomsRead, Problems problems) {
    byte[] bytes = bytes(file, problems);
    Settings top = Settings.parse(text(bytes, file, problems), file.toString(), problems);
    Map<DistinguishedName, String> nodes = new LinkedHashMap<>();
    Set<String> names = new LinkedHashSet<>();
    for (Settings node : top.sections("nodes")) {
      String name = node.text("name");
      DistinguishedName dn = node.parsed("dn", DistinguishedName::parse);
      if (!name.isEmpty() && !LABEL.matcher(name).matches()) {
        node.problem(
            "name", "letters, digits, dot, underscore and hyphen expected: '" + name + "'");
      } else if (!name.isEmpty() && !names.add(name)) {
        node.problem("name", "two nodes are called '" + name + "'");
      }
      if (dn != null && nodes.put(dn, name) != null) {
        node.problem("dn", "two nodes have this host DN: " + dn);
      }
    }
    String name = String.valueOf(file.getFileName());
    Settings limits = top.section("limits");
    RunSection.requireValues(top, "run");
    Settings run = top.section("run");
    RunSection section = new RunSection(name, vomsRead);
    RunPolicy policy =
        new RunPolicy(
            section.rules(run),
            section.quotas(run, limits),
            limits.duration("max-lease", Duration.ofDays(7)),
            Set.copyOf(top.parsedList("operators", DistinguishedName::parse)),
            top.flag("limited-proxies", false),
            Accounts.NONE,
            new RunPolicy.Settings(
                at(top, "operators", name, "operators"),
                at(top, "limited-proxies", name, "limited-proxies"),
                at(limits, "max-lease", name, "limits.max-lease"),
                name),
            Digest.sha256Of(bytes));
    if (List.of("nodes", "operators", "limits", "run").stream().noneMatch(top::named)) {
      // What a full disk leaves of a file; taken for good it would send every node away.
      top.problem("nodes", "nothing is in this file; write nodes: [] if that is meant");
    }
    top.done();
    return new AccessRules(nodes, policy);
  }

  /** At its line, where the key is there. */
  private static RuleName at(Settings section, String key, String file, String id) {
    return new RuleName(id, section.named(key) ? file + ":" + section.line(key) : file);
  }

  private static byte[] bytes(Path file, Problems problems) {
    try {
      if (Files.size(file) <= LARGEST) {
        return Files.readAllBytes(file);
      }
      problems.add(file.toString(), 0, "", "larger than " + ByteSize.format(LARGEST));
    } catch (NoSuchFileException e) {
      problems.add(file.toString(), 0, "", "the file is missing");
    } catch (IOException e) {
      problems.add(file.toString(), 0, "", "cannot be read: " + e);
    }
    return new byte[0];
  }

  private static String text(byte[] bytes, Path file, Problems problems) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      problems.add(file.toString(), 0, "", "the file is not UTF-8 text");
      return "";
    }
  }
}
