package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.hospes.client.cli.TypedCommand;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rules by attributes that a VOMS server signed, the quota of a VO, and who says which decided. */
@EndToEnd
class PolicyE2eTest {
  private static final int IMAGE_REFUSED = 5;
  private static final int NOT_ALLOWED = 6;
  private static final String RULES =
      """
      run:
        rules:
          - {id: pilots, fqan: "/demo/Role=pilot", cpus: 1}
          - {id: mapped, mapfile: true}
        quotas:
          - {id: few, vo: demo, workspaces: 1}
      """;

  private final Site site;
  private final Guests guests;
  private final Path access;
  private final Path settings;
  private String accessBefore;
  private String settingsBefore;

  PolicyE2eTest(Site site) {
    this.site = site;
    this.guests = new Guests(site);
    this.access = site.config("workspace-service", "service-access.yaml");
    this.settings = site.config("workspace-service", "workspace-service.yaml");
  }

  @BeforeEach
  void rulesAndAVomsServer() throws Exception {
    accessBefore = Files.readString(access);
    settingsBefore = Files.readString(settings);
    site.demoCa(site.grid(), "host", "voms.hospes.test");
    Path servers = Files.createDirectories(site.directory().resolve("run/vomsdir/demo"));
    Files.writeString(
        servers.resolve("voms.hospes.test.lsc"),
        subject("hosts/voms.hospes.test/hostcert.pem", "-subject")
            + "\n"
            + subject("hosts/voms.hospes.test/hostcert.pem", "-issuer")
            + "\n");
    Files.writeString(settings, settingsBefore + "voms-directory: " + servers.getParent() + "\n");
    Files.writeString(access, accessBefore + RULES);
    site.restart("workspace-service", "");
    site.awaitNodes();
  }

  @AfterEach
  void asBefore() throws Exception {
    Files.writeString(settings, settingsBefore);
    Files.writeString(access, accessBefore);
    site.restart("workspace-service", "");
    site.clearUp();
  }

  /** The slash form, as a grid-mapfile and an LSC file have it. */
  private String subject(String certificate, String which) throws Exception {
    Shell.Result said =
        site.shell()
            .run(
                "openssl",
                "x509",
                "-in",
                site.grid().resolve(certificate).toString(),
                "-noout",
                which,
                "-nameopt",
                "compat")
            .orFail();
    return said.out().strip().replaceFirst("^[a-z]+=\\s*", "");
  }

  /** A proxy as voms-proxy-init makes it, but without its server: it signs here. */
  private Person withAttributes(Person who, String... fqans) throws Exception {
    Path proxy = site.directory().resolve("run/voms.proxy");
    Files.deleteIfExists(proxy);
    List<String> command =
        new java.util.ArrayList<>(
            List.of(
                "voms-proxy-fake",
                "-rfc",
                "-bits",
                "2048",
                "-hostcert",
                site.grid().resolve("hosts/voms.hospes.test/hostcert.pem").toString(),
                "-hostkey",
                site.grid().resolve("hosts/voms.hospes.test/hostkey.pem").toString(),
                "-voms",
                "demo",
                "-uri",
                "voms.hospes.test:15000",
                "-certdir",
                who.caDirectory().toString(),
                "-cert",
                who.certificate().toString(),
                "-key",
                who.key().toString(),
                "-out",
                proxy.toString()));
    for (String fqan : fqans) {
      command.addAll(List.of("-fqan", fqan + "/Capability=NULL"));
    }
    site.shell().run(who.environment(), command.toArray(String[]::new)).orFail();
    return who.with(proxy);
  }

  private void said(TypedCommand.Outcome outcome, int exit, String... words) {
    assertEquals(exit, outcome.exit(), outcome.out() + outcome.err());
    for (String word : words) {
      assertTrue((outcome.out() + outcome.err()).contains(word), outcome.out() + outcome.err());
    }
  }

  private String at(String rule) throws Exception {
    List<String> lines = Files.readAllLines(access);
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).contains("id: " + rule + ",")) {
        return "service-access.yaml:" + (i + 1);
      }
    }
    throw new AssertionError(rule);
  }

  @Test
  void rulesAndQuotasDecideAndAreNamed() throws Exception {
    String image = guests.published().reference();
    said(
        site.workspace(site.ada(), "deploy", image, "--memory", "128M", "--dry-run"),
        0,
        "accepted by mapped",
        at("mapped"),
        "accepted by signers: ",
        "image-policy.yaml:");
    said(
        site.workspace(site.bob(), "policy", "explain", image),
        NOT_ALLOWED,
        "caller.no-rule",
        "service-access.yaml");
    Person pilot = withAttributes(site.bob(), "/demo/Role=pilot", "/demo/Role=NULL");
    said(
        site.workspace(pilot, "policy", "explain", image),
        0,
        "accepted by pilots",
        at("pilots"),
        "accepted by signers: ");
    said(site.workspace(pilot, "policy", "explain", "--cpus", "2"), NOT_ALLOWED, "limit.cpus");
    Person member = withAttributes(site.bob(), "/demo/Role=NULL");
    said(site.workspace(member, "policy", "explain"), NOT_ALLOWED, "caller.no-rule");
    said(
        site.workspace(
            site.olga(), "policy", "explain", image, "--dn", Site.BOB, "--fqan", "/atlas"),
        NOT_ALLOWED,
        "caller.no-rule",
        "image.vo.mismatch");
    said(
        site.workspace(site.olga(), "policy", "explain", image, "--dn", Site.ADA, "--fqan", "/cms"),
        IMAGE_REFUSED,
        "image.vo.mismatch",
        "accepted by mapped");
    said(
        site.workspace(site.ada(), "policy", "explain", "--dn", Site.BOB),
        NOT_ALLOWED,
        "caller.not-operator");

    TypedCommand.Outcome first =
        site.workspace(site.ada(), "deploy", image, "--memory", "128M", "-o", "json");
    said(first, 0);
    Person again = withAttributes(site.bob(), "/demo/Role=pilot");
    said(
        site.workspace(again, "deploy", image, "--memory", "128M"),
        NOT_ALLOWED,
        "quota.vo.workspaces",
        "few",
        at("few"));
    assertTrue(!site.audited("audit.jsonl", Site.BOB, "quota.vo.workspaces", at("few")).isEmpty());
    String id = site.json(first.out()).at("/id").asText();
    said(site.workspace(site.ada(), "destroy", "--wait", id), 0);
    said(site.workspace(again, "deploy", image, "--memory", "128M", "--dry-run"), 0, "pilots");
  }

  @Test
  void aFileWithAMistakeIsShoutedAndTheGoodOneHolds() throws Exception {
    Files.writeString(access, accessBefore + "run: {rules: [{id: everybody}]}\n");
    Site.await(
        "doctor names the mistake",
        Duration.ofSeconds(60),
        () -> site.workspace(site.olga(), "doctor").out().contains("a rule for whom?"));
    said(site.workspace(site.ada(), "policy", "explain"), 0, "accepted by mapped");
    Site.await(
        "the audit log tells of it",
        Duration.ofSeconds(60),
        () -> !site.audited("audit.jsonl", "policy.mistaken", "service-access.yaml").isEmpty());
  }
}
