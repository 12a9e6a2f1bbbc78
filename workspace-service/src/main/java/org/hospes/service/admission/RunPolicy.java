package org.hospes.service.admission;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hospes.image.Digest;
import org.hospes.service.workspace.Owner;
import org.hospes.service.workspace.Refusal;
import org.hospes.settings.Durations;
import org.hospes.trust.caller.Caller;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyRule;

/**
 * Who may run what at this site. Immutable and pure: the same arguments give the same answer. The
 * first rule that concerns a caller decides; who is concerned by none may not run.
 *
 * @param operators may see and handle every workspace
 * @param limitedProxies whether a limited proxy may start and end workspaces, against the custom
 * @param lease of one workspace, where its rule does not say otherwise
 * @param accounts the grid-mapfile that {@code mapfile: true} asks
 * @param settings where the site's own words on operators, proxies and leases stand
 * @param digest SHA-256 of the access file
 */
public record RunPolicy(
    List<RunRule> rules,
    Quotas quotas,
    Duration lease,
    Set<DistinguishedName> operators,
    boolean limitedProxies,
    Accounts accounts,
    Settings settings,
    Digest digest) {

  /** The names of what is no rule of its own in the file. */
  public record Settings(RuleName operators, RuleName limitedProxies, RuleName lease, String file) {
    /** In a file of which only the name is known. */
    public static Settings in(String file) {
      return new Settings(
          new RuleName("operators", file),
          new RuleName("limited-proxies", file),
          new RuleName("limits.max-lease", file),
          file);
    }
  }

  private static final RuleName PROXIES = RuleName.builtIn("proxies");

  public RunPolicy {
    rules = List.copyOf(rules);
    operators = Set.copyOf(operators);
  }

  /** The same with another grid-mapfile. */
  public RunPolicy with(Accounts mapfile) {
    return new RunPolicy(
        rules, quotas, lease, operators, limitedProxies, mapfile, settings, digest);
  }

  /**
   * Whether a caller may run what they ask for.
   *
   * @param used what counts already, without what is asked
   */
  public Decision decide(Caller caller, RunRequest request, Usage used) {
    Decision admitted = admit(caller);
    if (!admitted.accepted()) {
      return admitted;
    }
    RunRule rule = ruleFor(caller).orElseThrow();
    return limited(rule, request)
        .map(objection -> refused(objection, rule.mapfile()))
        .or(() -> quotas.exceeded(request, used).map(objection -> refused(objection, false)))
        .orElse(admitted);
  }

  /**
   * Whether an operator may let somebody's workspace run on: within the owner's quotas, and for no
   * longer than a rule allows by which the owner may have asked for it.
   *
   * @param used what counts already, without the workspace in question
   */
  public Decision decideFor(Caller operator, RunRequest request, Usage used) {
    Decision may = operate(operator);
    if (!may.accepted()) {
      return may;
    }
    Owner owner = request.owner();
    Optional<RunRule> longest =
        rules.stream()
            .filter(rule -> !rule.refuses() && rule.mayConcern(owner, accounts))
            .max(Comparator.comparing(rule -> rule.limits().lease().orElse(lease)));
    return request
        .lease()
        .flatMap(asked -> tooLong(asked, longest))
        .or(() -> quotas.exceeded(request, used))
        .map(objection -> refused(objection, false))
        .orElse(may);
  }

  /** Whether a caller may run at all, however little. */
  public Decision admit(Caller caller) {
    Decision papers = change(caller);
    if (!papers.accepted()) {
      return papers;
    }
    Optional<RunRule> rule = ruleFor(caller);
    if (rule.isEmpty()) {
      return nobodysRule(caller);
    }
    if (rule.get().refuses()) {
      return refused(
          new Objection(
              rule.get().name(),
              Refusal.of(
                      Refusal.Category.NOT_ALLOWED,
                      "caller.refused",
                      "a rule of this site refuses " + caller.dn())
                  .advice("ask the site's operators why")
                  .fact("dn", caller.dn())),
          rule.get().mapfile());
    }
    return accepted(rule.get().name(), rule.get().mapfile());
  }

  /** Whether the caller is somebody who runs workspaces here, also with papers that only look. */
  public boolean maySee(Caller caller) {
    return ruleFor(caller).filter(rule -> !rule.refuses()).isPresent();
  }

  /** The longest lease that a caller may have; empty when they may not run. */
  public Optional<Duration> longestLease(Caller caller) {
    return ruleFor(caller)
        .filter(rule -> !rule.refuses())
        .map(rule -> rule.limits().lease().orElse(lease));
  }

  /** Whether a caller's papers may ask anything. */
  public Decision ask(Caller caller) {
    if (ProxyRule.allows(caller.proxy(), ProxyRule.Use.ASK)) {
      return accepted(PROXIES, false);
    }
    return refused(
        new Objection(
            PROXIES,
            Refusal.of(
                    Refusal.Category.NOT_ALLOWED,
                    "caller.proxy.no-rights",
                    caller.dn() + " came with a proxy that does not inherit its rights")
                .advice("make a proxy with the policy \"inherit all\" (RFC 3820), the usual kind")
                .fact("dn", caller.dn())
                .fact("proxy", caller.proxy())),
        false);
  }

  /** Whether a caller's papers may change anything. */
  public Decision change(Caller caller) {
    Decision may = ask(caller);
    if (!may.accepted() || ProxyRule.allows(caller.proxy(), ProxyRule.Use.CHANGE)) {
      return may;
    }
    if (limitedProxies) {
      return accepted(settings.limitedProxies(), false);
    }
    return refused(
        new Objection(
            settings.limitedProxies(),
            Refusal.of(
                    Refusal.Category.NOT_ALLOWED,
                    "caller.proxy.limited",
                    caller.dn()
                        + " came with a limited proxy, which may move data but not start or end"
                        + " workspaces")
                .advice("make a full proxy (without -limited) and ask again")
                .fact("dn", caller.dn())
                .fact("proxy", caller.proxy())),
        false);
  }

  /** Whether a caller may handle the site's nodes and other people's workspaces. */
  public Decision operate(Caller caller) {
    Decision may = change(caller);
    if (!may.accepted() || operator(caller)) {
      return may.accepted() ? accepted(settings.operators(), false) : may;
    }
    return refused(
        new Objection(
            settings.operators(),
            Refusal.of(
                    Refusal.Category.NOT_ALLOWED,
                    "caller.not-operator",
                    caller.dn() + " does not operate this site")
                .advice("ask the site's operators; they are named in the service's access file")
                .fact("dn", caller.dn())),
        false);
  }

  /** Whether the caller operates this site, whatever papers they came with. */
  public boolean operator(Caller caller) {
    return operators.contains(caller.dn());
  }

  /**
   * On whose behalf the caller asks: the primary VOMS attribute's virtual organisation, else the
   * account in the grid-mapfile, a pool account's leading dot dropped.
   */
  public Optional<String> virtualOrganisation(Caller caller) {
    return caller
        .virtualOrganisation()
        .or(
            () ->
                accounts
                    .account(caller.dn())
                    .map(a -> a.startsWith(".") ? a.substring(1) : a)
                    .filter(a -> !a.isEmpty()));
  }

  /** Whether callers of a virtual organisation are counted together. */
  public boolean counts(Optional<String> virtualOrganisation) {
    return quotas.limits(virtualOrganisation);
  }

  /** What an operator should be told at start and by {@code doctor}. */
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    if (rules.stream().allMatch(RunRule::refuses)) {
      warnings.add(settings.file() + " has no rule by which anybody may run workspaces");
    }
    for (int i = 0; i < rules.size(); i++) {
      if (rules.get(i).shadowedBy(rules.subList(0, i))) {
        RuleName name = rules.get(i).name();
        warnings.add(
            name.source()
                + ": the rule "
                + name.id()
                + " never decides: whom it concerns is concerned by a rule before it");
      }
    }
    return List.copyOf(warnings);
  }

  private Optional<RunRule> ruleFor(Caller caller) {
    return rules.stream().filter(rule -> rule.concerns(caller, accounts)).findFirst();
  }

  private Decision nobodysRule(Caller caller) {
    boolean onlyMapped =
        !rules.isEmpty()
            && rules.stream().allMatch(RunRule::mapfile)
            && accounts.account(caller.dn()).isEmpty();
    Refusal refusal =
        onlyMapped
            ? Refusal.of(
                    Refusal.Category.NOT_ALLOWED,
                    "caller.not-mapped",
                    caller.dn()
                        + " may not run workspaces at this site: it is not in the grid-mapfile")
                .advice("ask the site's operators to add exactly this name to the grid-mapfile")
            : Refusal.of(
                    Refusal.Category.NOT_ALLOWED,
                    "caller.no-rule",
                    caller.dn() + " may not run workspaces at this site: no rule is for this name")
                .advice(
                    "come with the VOMS attributes that this site has rules for, or ask its"
                        + " operators")
                .fact("fqans", String.join(" ", caller.fqans()));
    RuleName none = new RuleName("no rule", settings.file());
    return refused(new Objection(none, refusal.fact("dn", caller.dn())), true);
  }

  private Optional<Objection> limited(RunRule rule, RunRequest request) {
    RunLimits most = rule.limits();
    return request
        .lease()
        .flatMap(asked -> tooLong(asked, Optional.of(rule)))
        .or(() -> over(rule, "cpus", "CPUs", request.resources().cpus(), most.cpus()))
        .or(
            () ->
                over(
                    rule,
                    "memory",
                    "bytes of memory",
                    request.resources().memoryBytes(),
                    most.memoryBytes()))
        .or(
            () ->
                over(
                    rule,
                    "scratch",
                    "bytes of scratch disk",
                    request.resources().scratchBytes(),
                    most.scratchBytes()))
        .or(
            () ->
                request
                    .virtualBytes()
                    .flatMap(
                        bytes -> over(rule, "disk", "bytes of disk", bytes, most.virtualBytes())));
  }

  private Optional<Objection> tooLong(Duration asked, Optional<RunRule> rule) {
    Optional<Duration> own = rule.flatMap(r -> r.limits().lease());
    Duration most = own.orElse(lease);
    if (asked.compareTo(most) <= 0) {
      return Optional.empty();
    }
    RuleName name = own.isPresent() ? rule.get().name() : settings.lease();
    return Optional.of(
        new Objection(
            name,
            Refusal.of(
                    Refusal.Category.NOT_ALLOWED,
                    "quota.lease",
                    "the whole lease would be "
                        + Durations.format(asked)
                        + "; this site allows you "
                        + Durations.format(most))
                .advice("ask for a shorter lease")
                .fact("limit", Durations.format(most))
                .fact("wanted", Durations.format(asked))));
  }

  private static Optional<Objection> over(
      RunRule rule, String key, String unit, long asked, long most) {
    if (asked <= most) {
      return Optional.empty();
    }
    return Optional.of(
        new Objection(
            rule.name(),
            Refusal.of(
                    Refusal.Category.NOT_ALLOWED,
                    "limit." + key,
                    "one workspace with "
                        + asked
                        + " "
                        + unit
                        + " is more than the rule "
                        + rule.name().id()
                        + " allows, which is "
                        + most)
                .advice("ask for less, or come with papers that another rule is for")
                .fact("limit", most)
                .fact("wanted", asked)));
  }

  private Decision accepted(RuleName rule, boolean askedMapfile) {
    return new Decision(
        Decision.Function.RUN, rule, digest, versionIf(askedMapfile), Optional.empty());
  }

  private Decision refused(Objection why, boolean askedMapfile) {
    return new Decision(
        Decision.Function.RUN,
        why.rule(),
        digest,
        versionIf(askedMapfile),
        Optional.of(why.refusal()));
  }

  private Optional<Digest> versionIf(boolean askedMapfile) {
    return askedMapfile ? Optional.of(accounts.digest()) : Optional.empty();
  }
}
