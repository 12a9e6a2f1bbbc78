package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.hospes.client.cli.TypedCommand;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** People who may not: what they are told, what the operator reads, and that nothing came of it. */
@EndToEnd
class CallerRefusalE2eTest {
  private static final int NOT_AUTHENTICATED = 4;
  private static final int NOT_ALLOWED = 6;
  private static final int NO_CAPACITY = 8;

  private final Site site;
  private final Guests guests;

  CallerRefusalE2eTest(Site site) {
    this.site = site;
    this.guests = new Guests(site);
  }

  @AfterEach
  void nothingWasDone() throws Exception {
    assertTrue(site.domains().isEmpty(), "domains");
    assertEquals(List.of(), site.unfinished());
  }

  private TypedCommand.Outcome deployAs(Person who) {
    return site.workspace(who, "deploy", "tiny:1", "--memory", "128M");
  }

  private void refused(TypedCommand.Outcome outcome, int exit, String code, String... facts) {
    assertEquals(exit, outcome.exit(), outcome.err());
    assertTrue(outcome.err().contains("code: " + code), outcome.err());
    for (String fact : facts) {
      assertTrue(outcome.err().contains(fact), outcome.err());
    }
  }

  @Test
  void anUnknownName() throws Exception {
    refused(
        deployAs(site.person("dora")),
        NOT_ALLOWED,
        "caller.not-mapped",
        "/DC=org/DC=hospes/CN=Dora Stranger",
        "grid-mapfile");
    assertFalse(site.audited("audit.jsonl", "Dora Stranger", "caller.not-mapped").isEmpty());
  }

  @Test
  void oneWhoMaySignButNotRun() throws Exception {
    refused(deployAs(site.bob()), NOT_ALLOWED, "caller.not-mapped", Site.BOB);
    assertFalse(site.audited("audit.jsonl", Site.BOB, "caller.not-mapped").isEmpty());
  }

  @Test
  void aLimitedProxy() throws Exception {
    Path proxy = site.directory().resolve("run/ada.limited");
    Person ada = site.person("ada");
    site.shell()
        .run(
            ada.environment(),
            "grid-proxy-init",
            "-rfc",
            "-limited",
            "-q",
            "-cert",
            ada.certificate().toString(),
            "-key",
            ada.key().toString(),
            "-out",
            proxy.toString())
        .orFail();
    refused(deployAs(ada.with(proxy)), NOT_ALLOWED, "caller.proxy.limited", Site.ADA);
    assertFalse(site.audited("audit.jsonl", Site.ADA, "caller.proxy.limited").isEmpty());
  }

  @Test
  void anExpiredCertificate() throws Exception {
    Person otto = site.person("otto");
    refused(
        deployAs(otto),
        NOT_AUTHENTICATED,
        "path.expired",
        "Otto Expired",
        otto.certificate().toString());
    turnedAway(otto, otto.caDirectory(), "path.expired", "Otto Expired");
  }

  @Test
  void aRevokedCertificate() throws Exception {
    Person rita = site.person("rita");
    refused(deployAs(rita), NOT_AUTHENTICATED, "path.revoked", "Rita Revoked");
    turnedAway(rita, rita.caDirectory(), "path.revoked", "Rita Revoked");
  }

  @Test
  void anUnknownAuthority() throws Exception {
    Path elsewhere = otherAuthority("other", "Unheard Of CA");
    Person mallory = Person.of(elsewhere, "mallory");
    refused(
        deployAs(mallory.believing(site.grid().resolve("certificates"))),
        NOT_AUTHENTICATED,
        "path.ca.unknown",
        "Unheard Of CA");
    turnedAway(mallory, both(elsewhere), "path.ca.unknown", "Mallory");
  }

  @Test
  void anAuthorityWithoutRevocationList() throws Exception {
    Path bare = otherAuthority("bare", "Bare CA");
    Person mallory = Person.of(bare, "mallory");
    Path trusted = site.grid().resolve("certificates");
    try (Stream<Path> files = Files.list(bare.resolve("certificates"))) {
      for (Path file : files.toList()) {
        if (!file.toString().endsWith(".r0")) {
          Files.copy(file, trusted.resolve(file.getFileName()));
        }
      }
    }
    try {
      refused(
          deployAs(mallory.believing(trusted)), NOT_AUTHENTICATED, "path.crl.missing", "Bare CA");
      Site.await(
          "the service sees the new authority",
          Duration.ofSeconds(60),
          () -> {
            assertThrows(IOException.class, () -> knock(mallory, both(bare)));
            return !site.audited("audit.jsonl", "handshake", "path.crl.missing").isEmpty();
          });
    } finally {
      try (Stream<Path> files = Files.list(bare.resolve("certificates"))) {
        for (Path file : files.toList()) {
          Files.deleteIfExists(trusted.resolve(file.getFileName()));
        }
      }
    }
    assertEquals(0, site.workspace(site.ada(), "list").exit());
  }

  @Test
  void moreThanAnyNodeHas() throws Exception {
    Guests.Published image = guests.published();
    refused(
        site.workspace(site.ada(), "deploy", image.reference(), "--memory", "3G"),
        NO_CAPACITY,
        "capacity.too-large");
  }

  /** Another CA with a person of its own. */
  private Path otherAuthority(String directory, String name) throws Exception {
    Path grid = site.directory().resolve("run").resolve(directory);
    site.demoCa(grid, "init", name);
    site.demoCa(grid, "person", "mallory", "Mallory of " + name);
    return grid;
  }

  /** A directory that believes the site's CA and the other one, as its own people might. */
  private Path both(Path other) throws IOException {
    Path both = Files.createDirectories(other.resolve("both"));
    for (Path from :
        new Path[] {site.grid().resolve("certificates"), other.resolve("certificates")}) {
      try (Stream<Path> files = Files.list(from)) {
        for (Path file : files.filter(f -> !f.getFileName().toString().startsWith(".")).toList()) {
          Files.copy(
              file,
              both.resolve(file.getFileName()),
              java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
    return both;
  }

  /** A client that does not look at its own papers learns little; the operator learns why. */
  private void turnedAway(Person who, Path believes, String code, String name) throws Exception {
    long before = site.audited("audit.jsonl", "handshake", code, name).size();
    assertThrows(IOException.class, () -> knock(who, believes));
    Site.await(
        "the audit log tells of " + name,
        Duration.ofSeconds(60),
        () -> site.audited("audit.jsonl", "handshake", code, name).size() > before);
  }

  private void knock(Person who, Path believes) throws Exception {
    try (Wire wire = new Wire(site, who, believes)) {
      wire.post("<knock/>");
    }
  }
}
