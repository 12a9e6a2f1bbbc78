package org.hospes.service.app;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.hospes.service.admission.Accounts;
import org.hospes.service.admission.Decision;
import org.hospes.service.admission.RunPolicy;
import org.hospes.service.admission.RunRequest;
import org.hospes.service.admission.Usage;
import org.hospes.service.workspace.Owner;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Resources;
import org.hospes.settings.ByteSize;
import org.hospes.settings.Durations;
import org.hospes.settings.Problems;
import org.hospes.trust.caller.Caller;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyKind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules as an operator writes them, and what comes of them. */
class RunPolicyTest {
  private static final String ACCESS =
      """
      operators: ["/CN=olga"]
      limits: {max-workspaces: 4, max-cpus: 32, max-memory: 64G, max-lease: 2d}
      run:
        rules:
          - {id: banned, dn: "/CN=mallory", refuse: true}
          - id: atlas-prod
            fqan: /atlas/Role=production
            lease: 7d
            cpus: 16
            memory: 32G
            scratch: 200G
            max-virtual-size: 20G
          - {id: atlas-roles, fqan: "/atlas/Role=*", cpus: 8}
          - {id: atlas-soft, fqan: "/atlas/soft/*", cpus: 4}
          - {id: atlas, fqan: /atlas, cpus: 2, memory: 4G, scratch: 0, lease: 12h}
          - {id: pilots, fqan: "/cms/*/Role=pilot"}
          - {id: no-lhcb, fqan: "/lhcb/*", refuse: true}
          - {id: two, dn: ["/CN=ada", "/CN=bea"], lease: 1d}
          - {id: eve, dn: "/CN=eve", mapfile: true, cpus: 3}
          - {dn: "/CN=robot", fqan: [/demo, /demo/Role=robot]}
          - {id: mapped, mapfile: true, max-virtual-size: 10G}
        quotas:
          - {dn: "/CN=ada", workspaces: 6}
          - {id: small, dn: "/CN=zoe", cpus: 1, memory: 1G}
          - {vo: atlas, workspaces: 10, cpus: 100}
          - {vo: demo, memory: 100G}
      """;
  private static final String MAPFILE =
      """
      "/CN=eve" .demo
      "/CN=zoe" .demo
      "/CN=mallory" .demo
      "/CN=max" atlas
      """;

  @TempDir Path directory;
  private RunPolicy policy;

  @BeforeEach
  void read() throws Exception {
    Path file = Files.writeString(directory.resolve("service-access.yaml"), ACCESS);
    policy =
        AccessFile.load(file, true)
            .run()
            .with(Accounts.parse(MAPFILE.getBytes("UTF-8"), "grid-mapfile", new Problems()));
    assertEquals(List.of(), policy.warnings());
  }

  /** {@code who KEY=VALUE...}, and who decided: {@code RULE}, or {@code CODE by RULE}. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '>',
      textBlock =
          """
          # who is concerned by which rule
          ada > two
          bea > two
          carl > caller.no-rule by no rule
          eve > eve
          zoe > mapped
          max > mapped
          olga > caller.no-rule by no rule
          mallory > caller.refused by banned
          mallory fqan=/atlas/Role=production > caller.refused by banned
          # attributes
          carl fqan=/atlas > atlas
          carl fqan=/atlas/Role=NULL/Capability=NULL > atlas
          carl fqan=/atlas/Role=production > atlas-prod
          carl fqan=/atlas/Role=production/Capability=NULL > atlas-prod
          carl fqan=/atlas/Role=Production > atlas-roles
          carl fqan=/atlas/Role=productions > atlas-roles
          carl fqan=/atlas/Role=pilot > atlas-roles
          carl fqan=/atlas,/atlas/Role=production > atlas-prod
          carl fqan=/atlas/higgs > caller.no-rule by no rule
          carl fqan=/atlas/higgs/Role=production > caller.no-rule by no rule
          carl fqan=/atlas/soft > atlas-soft
          carl fqan=/atlas/soft/build > atlas-soft
          carl fqan=/atlas/soft/build/Role=x > atlas-soft
          carl fqan=/atlas/software > caller.no-rule by no rule
          carl fqan=/atlas2 > caller.no-rule by no rule
          carl fqan=/atlas2/Role=production > caller.no-rule by no rule
          carl fqan=/cms/Role=pilot > pilots
          carl fqan=/cms/de/Role=pilot > pilots
          carl fqan=/cms/de/ruhr/Role=pilot > pilots
          carl fqan=/cms > caller.no-rule by no rule
          carl fqan=/cms/Role=user > caller.no-rule by no rule
          carl fqan=/lhcb > caller.refused by no-lhcb
          carl fqan=/lhcb/x/Role=y > caller.refused by no-lhcb
          ada fqan=/lhcb > caller.refused by no-lhcb
          # those of another VO in the same proxy do not count
          carl fqan=/cms,/atlas/Role=production > caller.no-rule by no rule
          ada fqan=/cms,/lhcb > two
          carl fqan=/atlas,/lhcb > atlas
          # what no server writes
          carl fqan=/atlas/* > caller.no-rule by no rule
          carl fqan=/atlas/Role=* > caller.no-rule by no rule
          carl fqan=/atlas/Role=production/Capability=x > caller.no-rule by no rule
          carl fqan=/atlas/Role=production/Role=x > caller.no-rule by no rule
          carl fqan=/atlas/ > caller.no-rule by no rule
          # every condition counts
          robot > caller.no-rule by no rule
          robot fqan=/demo > rules[9]
          robot fqan=/demo/Role=robot > rules[9]
          robot fqan=/demo/Role=other > caller.no-rule by no rule
          carl fqan=/demo > caller.no-rule by no rule
          # proxies
          ada proxy=limited > caller.proxy.limited by limited-proxies
          mallory proxy=limited > caller.proxy.limited by limited-proxies
          ada proxy=independent > caller.proxy.no-rights by proxies
          ada proxy=restricted > caller.proxy.no-rights by proxies
          ada proxy=none > two
          ada proxy=legacy > two
          # limits of one workspace, exactly met and passed
          carl fqan=/atlas/Role=production cpus=16 memory=32G scratch=200G disk=20G lease=7d > atlas-prod
          carl fqan=/atlas/Role=production cpus=17 > limit.cpus by atlas-prod
          carl fqan=/atlas/Role=production memory=32769M > limit.memory by atlas-prod
          carl fqan=/atlas/Role=production scratch=201G > limit.scratch by atlas-prod
          carl fqan=/atlas/Role=production disk=21474836481 > limit.disk by atlas-prod
          carl fqan=/atlas/Role=production lease=7d1s > quota.lease by atlas-prod
          carl fqan=/atlas scratch=1M > limit.scratch by atlas
          carl fqan=/atlas lease=12h > atlas
          carl fqan=/atlas lease=13h > quota.lease by atlas
          zoe disk=11G > limit.disk by mapped
          zoe lease=2d > mapped
          zoe lease=2d1ms > quota.lease by limits.max-lease
          ada lease=25h > quota.lease by two
          eve cpus=4 > limit.cpus by eve
          # quotas of a person
          bea have=3 > two
          bea have=4 > quota.workspaces by limits
          bea have=1 used=31 > two
          bea have=1 used=32 > quota.cpus by limits
          bea have=1 held=63G memory=1G > two
          bea have=1 held=64G memory=1M > quota.memory by limits
          ada have=5 > two
          ada have=6 > quota.workspaces by quota of /CN=ada
          ada have=1 used=32 > quota.cpus by limits
          zoe cpus=2 > quota.cpus by small
          zoe memory=2G > quota.memory by small
          zoe have=4 memory=1M > quota.workspaces by limits
          # quotas of a virtual organisation
          carl fqan=/atlas all=9 > atlas
          carl fqan=/atlas all=10 > quota.vo.workspaces by quota of atlas
          carl fqan=/atlas/Role=production all=1 allused=92 cpus=8 > atlas-prod
          carl fqan=/atlas/Role=production all=1 allused=93 cpus=8 > quota.vo.cpus by quota of atlas
          carl fqan=/cms/Role=pilot all=1000 > pilots
          max all=10 > quota.vo.workspaces by quota of atlas
          zoe all=1 allheld=100G memory=1M > quota.vo.memory by quota of demo
          ada all=1000 > two
          # sums that no number holds
          bea have=1 held=8191P memory=9999T > quota.memory by limits
          """)
  void theFirstRuleThatConcernsTheCallerDecides(String asked, String expected) {
    String[] words = asked.strip().split(" ");
    Map<String, String> values = new HashMap<>();
    for (int i = 1; i < words.length; i++) {
      String[] pair = words[i].split("=", 2);
      values.put(pair[0], pair[1]);
    }
    Caller caller = caller(words[0], values);
    Decision decision = policy.decide(caller, request(caller, values), usage(values));
    String found =
        decision.refusal().map(refusal -> refusal.code() + " by ").orElse("")
            + decision.rule().id();
    assertEquals(expected.strip(), found);
  }

  @Test
  void aDecisionNamesFileLineAndVersion() {
    Caller carl = caller("carl", Map.of("fqan", "/atlas"));
    Decision decision = policy.admit(carl);
    assertEquals("service-access.yaml:15", decision.rule().source());
    assertEquals(policy.digest().toString(), decision.facts().get("policy"));
    assertEquals(Optional.empty(), decision.mapfile());
    Decision mapped = policy.admit(caller("zoe", Map.of()));
    assertEquals(policy.accounts().digest().toString(), mapped.facts().get("mapfile"));
    Refusal refusal =
        policy
            .decide(
                caller("bea", Map.of()),
                request(caller("bea", Map.of()), Map.of()),
                new Usage(amount(4, 0, 0), amount(0, 0, 0)))
            .told()
            .orElseThrow();
    assertEquals("limits", refusal.facts().get("rule"));
    assertEquals("service-access.yaml:2", refusal.facts().get("source"));
    assertEquals("4", refusal.facts().get("limit"));
    assertEquals("5", refusal.facts().get("wanted"));
  }

  /** {@code lease} of whose workspace, and what an operator is told. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '>',
      textBlock =
          """
          carl vo=atlas lease=7d > operators
          carl vo=atlas lease=8d > quota.lease by atlas-prod
          carl vo=cms lease=2d > operators
          carl vo=cms lease=3d > quota.lease by limits.max-lease
          ada lease=1d > operators
          ada lease=2d > quota.lease by two
          mallory lease=3d > quota.lease by limits.max-lease
          carl vo=atlas all=10 lease=1h > quota.vo.workspaces by quota of atlas
          bea have=4 lease=1h > quota.workspaces by limits
          """)
  void anOperatorIsHeldToWhatTheOwnerMayHave(String asked, String expected) {
    String[] words = asked.strip().split(" ");
    Map<String, String> values = new HashMap<>();
    for (int i = 1; i < words.length; i++) {
      values.put(words[i].split("=", 2)[0], words[i].split("=", 2)[1]);
    }
    RunRequest request =
        new RunRequest(
            new Owner(
                new DistinguishedName("/CN=" + words[0]), Optional.ofNullable(values.get("vo"))),
            Optional.of(Durations.parse(values.get("lease"))),
            new Resources(1, 1 << 20, 0),
            Optional.empty());
    Decision decision = policy.decideFor(caller("olga", Map.of()), request, usage(values));
    String found =
        decision.refusal().map(refusal -> refusal.code() + " by ").orElse("")
            + decision.rule().id();
    assertEquals(expected.strip(), found);
    assertEquals(
        "caller.not-operator",
        policy
            .decideFor(caller("ada", Map.of()), request, usage(values))
            .refusal()
            .orElseThrow()
            .code());
  }

  @Test
  void whoNamesNoLeaseGetsWhatTheRuleAllows() {
    assertEquals(
        Optional.of(Duration.ofHours(12)),
        policy.longestLease(caller("carl", Map.of("fqan", "/atlas"))));
    assertEquals(Optional.of(Duration.ofDays(2)), policy.longestLease(caller("zoe", Map.of())));
    assertEquals(Optional.empty(), policy.longestLease(caller("mallory", Map.of())));
    assertEquals(Optional.empty(), policy.longestLease(caller("carl", Map.of())));
  }

  private static Caller caller(String name, Map<String, String> values) {
    List<String> fqans = new ArrayList<>();
    for (String fqan : values.getOrDefault("fqan", "").split(",")) {
      if (!fqan.isEmpty()) {
        fqans.add(fqan);
      }
    }
    return new Caller(
        new DistinguishedName("/CN=" + name),
        ProxyKind.valueOf(values.getOrDefault("proxy", "full").toUpperCase(Locale.ROOT)),
        fqans,
        Instant.MAX);
  }

  private RunRequest request(Caller caller, Map<String, String> values) {
    return new RunRequest(
        new Owner(caller.dn(), policy.virtualOrganisation(caller)),
        Optional.of(Durations.parse(values.getOrDefault("lease", "1h"))),
        new Resources(
            Integer.parseInt(values.getOrDefault("cpus", "1")),
            size(values, "memory", "1M"),
            size(values, "scratch", "0")),
        Optional.of(size(values, "disk", "1M")));
  }

  private static Usage usage(Map<String, String> values) {
    return new Usage(
        amount(number(values, "have"), number(values, "used"), size(values, "held", "0")),
        amount(number(values, "all"), number(values, "allused"), size(values, "allheld", "0")));
  }

  private static Usage.Amount amount(long workspaces, long cpus, long memory) {
    return new Usage.Amount(workspaces, cpus, memory);
  }

  private static long number(Map<String, String> values, String key) {
    return Long.parseLong(values.getOrDefault(key, "0"));
  }

  private static long size(Map<String, String> values, String key, String otherwise) {
    String text = values.getOrDefault(key, otherwise);
    return text.endsWith("P")
        ? Long.parseLong(text.substring(0, text.length() - 1)) << 50
        : ByteSize.parse(text);
  }
}
