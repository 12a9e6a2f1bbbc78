package org.hospes.service.admission;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hospes.image.Digest;
import org.hospes.service.workspace.Sample;
import org.hospes.settings.Problems;
import org.hospes.trust.path.DistinguishedName;

/** Policies to test with: Bob operates the site, whoever is mapped may run. */
final class SamplePolicy {
  private static final String FILE = "service-access.yaml";

  static final ImageRulebook RULEBOOK =
      new ImageRulebook() {
        @Override
        public Digest digest() {
          return Sample.digest(10);
        }

        @Override
        public RuleName accepted(DistinguishedName signer, String label) {
          return new RuleName(label, "image-policy.yaml:3");
        }

        @Override
        public RuleName refused(String code, Map<String, String> facts) {
          return new RuleName("signers", "image-policy.yaml:2");
        }
      };

  private SamplePolicy() {}

  static RunPolicy of(Quotas quotas, Duration lease, boolean limitedProxies) {
    return new RunPolicy(
        List.of(
            new RunRule(
                new RuleName("grid-mapfile", FILE),
                Set.of(),
                List.of(),
                true,
                false,
                RunLimits.NONE)),
        quotas,
        lease,
        Set.of(Sample.BOB),
        limitedProxies,
        mapped(Sample.ADA, Sample.EVE),
        RunPolicy.Settings.in(FILE),
        Sample.digest(9));
  }

  static RunPolicy of(long workspaces, long cpus, long memoryBytes, Duration lease) {
    return of(person(workspaces, cpus, memoryBytes), lease, false);
  }

  static Quotas person(long workspaces, long cpus, long memoryBytes) {
    return new Quotas(
        new Quota(
            new RuleName("limits", FILE),
            Optional.of(workspaces),
            Optional.of(cpus),
            Optional.of(memoryBytes)),
        Map.of(),
        Map.of());
  }

  static Quotas organisation(Quotas others, String vo, long workspaces) {
    return new Quotas(
        others.person(),
        others.people(),
        Map.of(
            vo,
            new Quota(
                new RuleName("quota of " + vo, FILE + ":7"),
                Optional.of(workspaces),
                Optional.empty(),
                Optional.empty())));
  }

  static Accounts mapped(DistinguishedName... people) {
    StringBuilder text = new StringBuilder();
    for (DistinguishedName person : people) {
      text.append('"').append(person.slash()).append("\" .demo\n");
    }
    return Accounts.parse(
        text.toString().getBytes(StandardCharsets.UTF_8), "grid-mapfile", new Problems());
  }
}
