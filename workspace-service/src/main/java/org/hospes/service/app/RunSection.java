package org.hospes.service.app;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.hospes.service.admission.FqanPattern;
import org.hospes.service.admission.Quota;
import org.hospes.service.admission.Quotas;
import org.hospes.service.admission.RuleName;
import org.hospes.service.admission.RunLimits;
import org.hospes.service.admission.RunRule;
import org.hospes.settings.ByteSize;
import org.hospes.settings.Durations;
import org.hospes.settings.Settings;
import org.hospes.trust.path.DistinguishedName;

/**
 * The {@code run:} section of {@code service-access.yaml}: rules, the first of which decides, and
 * quotas. A condition or a limit without a value is a mistake, since to leave it out would let more
 * people run, or more.
 */
final class RunSection {
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final Pattern ORGANISATION = Pattern.compile("[A-Za-z0-9._-]{1,255}");
  private static final long MOST = 1_000_000_000L;

  private final String file;
  private final boolean vomsRead;
  private final Set<String> ids = new LinkedHashSet<>();

  /**
   * @param file its name, without directories
   * @param vomsRead whether the service reads VOMS attributes at all
   */
  RunSection(String file, boolean vomsRead) {
    this.file = file;
    this.vomsRead = vomsRead;
  }

  /** The rules; without any in the file whoever is in the grid-mapfile may run. */
  List<RunRule> rules(Settings run) {
    if (!run.named("rules")) {
      return List.of(
          new RunRule(
              new RuleName("grid-mapfile", file),
              Set.of(),
              List.of(),
              true,
              false,
              RunLimits.NONE));
    }
    requireValues(run, "rules");
    List<RunRule> rules = new ArrayList<>();
    for (Settings rule : run.sections("rules")) {
      rules.add(rule(rule, "rules[" + rules.size() + "]"));
    }
    return rules;
  }

  private RunRule rule(Settings rule, String place) {
    requireValues(
        rule,
        "id",
        "dn",
        "fqan",
        "mapfile",
        "refuse",
        "lease",
        "cpus",
        "memory",
        "scratch",
        "max-virtual-size");
    Set<DistinguishedName> names = Set.copyOf(rule.parsedList("dn", DistinguishedName::parse));
    List<FqanPattern> fqans = rule.parsedList("fqan", FqanPattern::parse);
    if (rule.has("dn") && rule.texts("dn").isEmpty()) {
      rule.problem("dn", "a DN expected, or several in a list");
    }
    if (rule.has("fqan") && rule.texts("fqan").isEmpty()) {
      rule.problem("fqan", "an FQAN expected, or several in a list");
    }
    if (rule.has("fqan") && !vomsRead) {
      rule.problem(
          "fqan",
          "the service does not read VOMS attributes: set voms-directory in"
              + " workspace-service.yaml");
    }
    boolean mapfile = rule.flag("mapfile", false);
    if (rule.has("mapfile") && !mapfile) {
      rule.problem("mapfile", "true expected; leave it out where the grid-mapfile does not matter");
    }
    if (!rule.named("dn") && !rule.named("fqan") && !rule.named("mapfile")) {
      rule.problem("id", "a rule for whom? dn, fqan or mapfile: true expected");
    }
    boolean refuses = rule.flag("refuse", false);
    RunLimits limits =
        new RunLimits(
            Optional.ofNullable(rule.parsed("lease", RunSection::lease, null)),
            limit(rule, "cpus", 1).orElse(Long.MAX_VALUE),
            size(rule, "memory").orElse(Long.MAX_VALUE),
            size(rule, "scratch").orElse(Long.MAX_VALUE),
            size(rule, "max-virtual-size").orElse(Long.MAX_VALUE));
    if (refuses && !limits.equals(RunLimits.NONE)) {
      rule.problem("refuse", "limits for whom? A rule that refuses has none");
    }
    return new RunRule(name(rule, place), names, fqans, mapfile, refuses, limits);
  }

  private RuleName name(Settings section, String otherwise) {
    String id = section.text("id", otherwise);
    if (section.has("id") && !ID.matcher(id).matches()) {
      section.problem(
          "id", "letters, digits, dot, underscore and hyphen expected, '" + id + "' found");
    } else if (!ids.add(id)) {
      section.problem("id", "two rules are called '" + id + "'");
    }
    return at(section, "id", id);
  }

  private RuleName at(Settings section, String key, String id) {
    int line = section.line(key);
    return new RuleName(id, line > 0 ? file + ":" + line : file);
  }

  /** The quotas; {@code limits} holds what one person may have. */
  Quotas quotas(Settings run, Settings limits) {
    Quota person =
        new Quota(
            at(limits, "max-workspaces", "limits"),
            Optional.of(limit(limits, "max-workspaces", 0).orElse(20L)),
            Optional.of(limit(limits, "max-cpus", 0).orElse(64L)),
            Optional.of(limits.size("max-memory", 128L << 30)));
    if (run.named("quotas")) {
      requireValues(run, "quotas");
    }
    Map<DistinguishedName, Quota> people = new LinkedHashMap<>();
    Map<String, Quota> organisations = new LinkedHashMap<>();
    for (Settings section : run.sections("quotas")) {
      quota(section, people, organisations);
    }
    return new Quotas(person, people, organisations);
  }

  private void quota(
      Settings section, Map<DistinguishedName, Quota> people, Map<String, Quota> organisations) {
    requireValues(section, "id", "dn", "vo", "workspaces", "cpus", "memory");
    Optional<Long> workspaces = limit(section, "workspaces", 0);
    Optional<Long> cpus = limit(section, "cpus", 0);
    Optional<Long> memory = size(section, "memory");
    if (!section.named("workspaces") && !section.named("cpus") && !section.named("memory")) {
      section.problem("workspaces", "a quota of what? workspaces, cpus or memory expected");
    }
    if (section.named("dn") == section.named("vo")) {
      section.problem("dn", "a quota for whom? Either dn or vo expected");
    }
    DistinguishedName dn = section.parsed("dn", DistinguishedName::parse, null);
    if (dn != null) {
      RuleName name = at(section, "dn", section.text("id", "quota of " + dn));
      if (people.put(dn, new Quota(name, workspaces, cpus, memory)) != null) {
        section.problem("dn", "two quotas for " + dn);
      }
    }
    String vo = section.parsed("vo", RunSection::organisation, null);
    if (vo != null) {
      RuleName name = at(section, "vo", section.text("id", "quota of " + vo));
      if (organisations.put(vo, new Quota(name, workspaces, cpus, memory)) != null) {
        section.problem("vo", "two quotas for " + vo);
      }
    }
  }

  private static Optional<Long> limit(Settings section, String key, int least) {
    return Optional.ofNullable(section.parsed(key, text -> number(text, least), null));
  }

  private static Optional<Long> size(Settings section, String key) {
    return Optional.ofNullable(section.parsed(key, ByteSize::parse, null));
  }

  private static long number(String text, int least) {
    try {
      long number = Long.parseLong(text.strip());
      if (number >= least && number <= MOST) {
        return number;
      }
    } catch (NumberFormatException e) {
      // The message below says what was expected either way.
    }
    throw new IllegalArgumentException(
        "a whole number from " + least + " to " + MOST + " expected, '" + text + "' found");
  }

  private static Duration lease(String text) {
    Duration lease = Durations.parse(text);
    if (lease.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new IllegalArgumentException("at least 1s expected, '" + text + "' found");
    }
    return lease;
  }

  private static String organisation(String text) {
    if (!ORGANISATION.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "the name of a virtual organisation expected, without a slash, '" + text + "' found");
    }
    return text;
  }

  static void requireValues(Settings section, String... keys) {
    for (String key : keys) {
      if (section.named(key) && !section.has(key)) {
        section.problem(key, "has no value");
      }
    }
  }
}
