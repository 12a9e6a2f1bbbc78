package org.hospes.service.app;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.hospes.service.admission.AccessRules;
import org.hospes.service.admission.UserLimits;
import org.hospes.settings.InvalidSettingsException;
import org.hospes.settings.Problems;
import org.hospes.settings.Settings;
import org.hospes.trust.path.DistinguishedName;

/** {@code service-access.yaml}: who operates the site, which hosts are its nodes, limits. */
final class AccessFile {
  private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final int MANY = 1_000_000;

  private AccessFile() {}

  static AccessRules load(Path file) throws InvalidSettingsException {
    Problems problems = new Problems();
    AccessRules rules = read(file, problems);
    problems.throwIfAny();
    return rules;
  }

  static AccessRules read(Path file, Problems problems) {
    Settings top = Settings.read(file, problems);
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
    Settings limits = top.section("limits");
    AccessRules rules =
        new AccessRules(
            Set.copyOf(top.parsedList("operators", DistinguishedName::parse)),
            nodes,
            new UserLimits(
                limits.integer("max-workspaces", 0, MANY, 20),
                limits.integer("max-cpus", 0, MANY, 64),
                limits.size("max-memory", 128L << 30),
                limits.duration("max-lease", Duration.ofDays(7))),
            top.flag("limited-proxies", false));
    top.done();
    return rules;
  }
}
