package org.hospes.service.admission;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.hospes.image.BootInformation;
import org.hospes.image.Digest;
import org.hospes.image.DiskFormat;
import org.hospes.image.ImageReference;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.Manifest;
import org.hospes.image.SignatureForm;
import org.hospes.image.verify.VerifiedPapers;
import org.hospes.service.audit.AuditEntry;
import org.hospes.service.audit.InMemoryAuditLog;
import org.hospes.service.node.InMemoryCluster;
import org.hospes.service.node.InMemoryDrains;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.placement.Placement;
import org.hospes.service.workspace.Forward;
import org.hospes.service.workspace.InMemoryWorkspaceRepository;
import org.hospes.service.workspace.OnCrash;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Refusal.Category;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.Resources;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.SettableClock;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.caller.Caller;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyKind;
import org.hospes.trust.path.ValidatedPath;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AdmissionTest {
  private static final byte[] MESSAGE = {'<', '/', '>'};
  private final SettableClock clock = new SettableClock(Sample.START);
  private final NodeRegistry registry = new NodeRegistry(clock, Duration.ofSeconds(30), List::of);
  private final InMemoryCluster cluster = new InMemoryCluster(registry, clock);
  private final InMemoryWorkspaceRepository store = new InMemoryWorkspaceRepository();
  private final InMemoryAuditLog audit = new InMemoryAuditLog();
  private final Map<String, ResolvedImage> images = new HashMap<>();
  private final List<WorkspaceId> accepted = new ArrayList<>();
  private final List<Optional<String>> judgedFor = new ArrayList<>();
  private final List<DistinguishedName> runners = new ArrayList<>();
  private ImageRefusedException imageRefusal;
  private RunPolicy policy = SamplePolicy.of(3, 6, 4096 * Sample.MIB, Duration.ofDays(1));
  private Admission admission;

  @BeforeEach
  void wire() {
    cluster.with("n1", new Resources(8, 8L << 30, 100L << 30));
    images.put("sl6", image(Sample.IMAGE, Optional.empty()));
    ImageCatalogue catalogue =
        reference ->
            Optional.ofNullable(images.get(reference.name()))
                .orElseThrow(
                    () -> Refusal.of(Category.NOT_FOUND, "image.not-found", "no").toException());
    ImageJudge judge =
        (papers, audience) -> {
          judgedFor.add(audience.virtualOrganisation());
          runners.add(audience.runner().orElseThrow());
          if (imageRefusal != null) {
            throw imageRefusal;
          }
          return papers(Sample.IMAGE);
        };
    admission =
        new Admission(
            new Admission.Parties(
                new Rights(() -> policy, store),
                catalogue,
                judge,
                () -> SamplePolicy.RULEBOOK,
                new Placement(registry, new InMemoryDrains()),
                store,
                audit),
            Duration.ofHours(4),
            UUID::randomUUID,
            clock,
            accepted::add);
  }

  @Test
  void aGoodRequestIsSavedPinnedAndHandedOn() {
    Workspace workspace = admit(Sample.ADA, request("t"));
    assertEquals(State.REQUESTED, workspace.state());
    assertEquals(Optional.of(workspace), store.find(workspace.id()));
    assertEquals(List.of(workspace.id()), accepted);
    assertEquals(Sample.IMAGE, workspace.order().image().digest());
    assertEquals("sl6:1", workspace.order().image().name());
    assertEquals(Duration.ofHours(4), workspace.lease().length());
    assertEquals(Optional.of("demo"), workspace.order().owner().virtualOrganisation());
    assertArrayEquals(MESSAGE, store.dossier(workspace.id()).orElseThrow().signedRequest());
    assertEquals(AuditEntry.Outcome.ACCEPTED, audit.of("deploy").get(0).outcome());
    assertTrue(workspace.name().startsWith("sl6-"));
  }

  @Test
  void theSameTokenMeansTheSameWorkspaceAnotherRequestAConflict() {
    Workspace first = admit(Sample.ADA, request("t"));
    assertEquals(first, admit(Sample.ADA, request("t")));
    assertEquals(1, accepted.size());
    Refusal refusal = refused(Sample.ADA, with(request("t"), new Resources(2, Sample.MIB, 0)));
    assertEquals(Category.CONFLICT, refusal.category());
    assertEquals(first.id().toString(), refusal.facts().get("workspace"));
    Workspace others = admit(Sample.EVE, request("t"));
    assertTrue(!others.id().equals(first.id()));
  }

  @Test
  void oneTokenFromManyThreadsMakesOneWorkspace() {
    Set<WorkspaceId> ids =
        IntStream.range(0, 32)
            .parallel()
            .mapToObj(i -> admit(Sample.ADA, request("same")).id())
            .collect(java.util.stream.Collectors.toSet());
    assertEquals(1, ids.size());
    assertEquals(1, store.unfinished().size());
  }

  @Test
  void whoIsNotInTheGridMapfileMayNotRunAlsoWhenTheyMaySign() {
    Refusal refusal = refused(Sample.BOB, request("t"));
    assertEquals(Category.NOT_ALLOWED, refusal.category());
    assertEquals("caller.not-mapped", refusal.code());
    assertEquals(Sample.BOB.slash(), refusal.facts().get("dn"));
    assertEquals(AuditEntry.Outcome.REFUSED, audit.of("deploy").get(0).outcome());
    assertEquals(0, store.unfinished().size());
  }

  @ParameterizedTest
  @EnumSource(
      value = ProxyKind.class,
      names = {"LIMITED", "INDEPENDENT", "RESTRICTED"})
  void aProxyWithoutTheRightsStartsNothing(ProxyKind kind) {
    Caller caller = new Caller(Sample.ADA, kind, List.of(), Instant.MAX);
    Refusal refusal =
        assertThrows(
                RefusedException.class,
                () -> admission.admit(applicant(caller), request("t"), MESSAGE))
            .refusal();
    assertEquals(Category.NOT_ALLOWED, refusal.category());
  }

  @Test
  void aSiteMayTakeLimitedProxies() {
    policy = SamplePolicy.of(policy.quotas(), policy.lease(), true);
    Caller caller = new Caller(Sample.ADA, ProxyKind.LIMITED, List.of(), Instant.MAX);
    admission.admit(applicant(caller), request("t"), MESSAGE);
  }

  @Test
  void theVirtualOrganisationIsTheProxysElseTheMapfiles() {
    admit(Sample.ADA, request("a"));
    Caller voms = new Caller(Sample.ADA, ProxyKind.FULL, List.of("/atlas/Role=prod"), Instant.MAX);
    Workspace workspace = admission.admit(applicant(voms), request("b"), MESSAGE).workspace();
    assertEquals(List.of(Optional.of("demo"), Optional.of("atlas")), judgedFor);
    assertEquals(List.of(Sample.ADA, Sample.ADA), runners);
    assertEquals(Optional.of("atlas"), workspace.order().owner().virtualOrganisation());
  }

  @Test
  void anImageThatThePolicyRefusesIsRefusedWithItsFacts() {
    imageRefusal =
        new ImageRefusedException("image.signer.untrusted", "not trusted")
            .fact("signer", Sample.EVE)
            .advice("ask");
    Refusal refusal = refused(Sample.ADA, request("t"));
    assertEquals(Category.IMAGE_REFUSED, refusal.category());
    assertEquals("image.signer.untrusted", refusal.code());
    assertEquals(Sample.EVE.slash(), refusal.facts().get("signer"));
    assertEquals(Optional.of("ask"), refusal.advice());
    assertEquals(Sample.EVE.slash(), audit.of("deploy").get(0).facts().get("signer"));
    assertEquals(0, store.unfinished().size());
  }

  @Test
  void aRetiredImageStartsNothingNew() {
    images.put("sl6", image(Sample.IMAGE, Optional.of(Sample.START)));
    Refusal refusal = refused(Sample.ADA, request("t"));
    assertEquals("image.retired", refusal.code());
    assertEquals(Category.IMAGE_REFUSED, refusal.category());
  }

  @Test
  void papersOfOtherBytesAreRefused() {
    images.put("sl6", image(Sample.digest(5), Optional.empty()));
    Refusal refusal = refused(Sample.ADA, request("t"));
    assertEquals("image.digest.mismatch", refusal.code());
    assertEquals(Sample.digest(5).toString(), refusal.facts().get("expected"));
  }

  @Test
  void anUnknownImageIsNotFound() {
    images.clear();
    assertEquals(Category.NOT_FOUND, refused(Sample.ADA, request("t")).category());
  }

  @Test
  void moreThanAnyNodeHasIsRefusedAtOnce() {
    policy = SamplePolicy.of(9, 99, 1L << 40, Duration.ofDays(1));
    Refusal refusal = refused(Sample.ADA, with(request("t"), new Resources(9, Sample.MIB, 0)));
    assertEquals(Category.NO_CAPACITY, refusal.category());
    assertEquals("9", refusal.facts().get("askedCpus"));
    assertEquals("8", refusal.facts().get("largestCpus"));
    assertEquals(0, store.unfinished().size());
  }

  @Test
  void quotasCountWhatLives() {
    admit(Sample.ADA, request("a"));
    admit(Sample.ADA, request("b"));
    assertEquals(
        "quota.cpus",
        refused(Sample.ADA, with(request("c"), new Resources(5, Sample.MIB, 0))).code());
    assertEquals(
        "quota.memory",
        refused(Sample.ADA, with(request("c"), new Resources(1, 4096 * Sample.MIB, 0))).code());
    Workspace third = admit(Sample.ADA, request("c"));
    assertEquals("quota.workspaces", refused(Sample.ADA, request("d")).code());
    admit(Sample.EVE, request("d"));
    store.save(
        third.wantedGone("x").moveTo(State.DESTROYED, "x", Sample.START),
        org.hospes.service.workspace.SavedMove.DESTROYED);
    admit(Sample.ADA, request("d"));
  }

  @Test
  void aVirtualOrganisationsQuotaHoldsUnderParallelDeployments() {
    Quotas wide = SamplePolicy.person(1000, 1000, 1L << 50);
    policy =
        SamplePolicy.of(SamplePolicy.organisation(wide, "atlas", 10), Duration.ofDays(1), false);
    Set<String> codes =
        IntStream.range(0, 64)
            .parallel()
            .mapToObj(
                i -> {
                  Caller caller =
                      new Caller(
                          i % 2 == 0 ? Sample.ADA : Sample.EVE,
                          ProxyKind.FULL,
                          List.of(i % 4 < 2 ? "/atlas" : "/atlas/Role=prod"),
                          Instant.MAX);
                  try {
                    admission.admit(applicant(caller), request("t" + i), MESSAGE);
                    return "";
                  } catch (RefusedException e) {
                    return e.refusal().code();
                  }
                })
            .collect(java.util.stream.Collectors.toSet());
    assertEquals(Set.of("", "quota.vo.workspaces"), codes);
    assertEquals(10, store.unfinished().size());
  }

  @Test
  void aDecisionAndItsRuleAreInTheAuditLog() {
    admit(Sample.ADA, request("t"));
    Map<String, String> facts = audit.of("deploy").get(0).facts();
    assertEquals("grid-mapfile", facts.get("rule"));
    assertEquals("service-access.yaml", facts.get("source"));
    assertEquals(policy.digest().toString(), facts.get("policy"));
    assertEquals("signers[0]", facts.get("imageRule"));
    assertEquals("image-policy.yaml:3", facts.get("imageSource"));
    policy = SamplePolicy.of(1, 6, 4096 * Sample.MIB, Duration.ofDays(1));
    assertEquals("limits", refused(Sample.ADA, request("u")).facts().get("rule"));
    assertEquals("limits", audit.of("deploy").get(1).facts().get("rule"));
    assertEquals(policy.digest().toString(), audit.of("deploy").get(1).facts().get("policy"));
  }

  @Test
  void whoNamesNoLeaseGetsNoMoreThanTheyMayHave() {
    policy = SamplePolicy.of(policy.quotas(), Duration.ofHours(1), false);
    assertEquals(Duration.ofHours(1), admit(Sample.ADA, request("t")).lease().length());
  }

  @Test
  void aLeaseIsBounded() {
    WorkspaceRequest tooLong =
        new WorkspaceRequest(
            "t",
            ImageReference.parse("sl6"),
            Optional.empty(),
            new Resources(1, Sample.MIB, 0),
            Optional.of(Duration.ofDays(2)),
            List.of(),
            Optional.empty(),
            Optional.empty(),
            OnCrash.END,
            false);
    assertEquals("quota.lease", refused(Sample.ADA, tooLong).code());
  }

  @Test
  void aDryRunDecidesAndKeepsNothing() {
    WorkspaceRequest dry =
        new WorkspaceRequest(
            "t",
            ImageReference.parse("sl6"),
            Optional.of("mine"),
            new Resources(1, Sample.MIB, 0),
            Optional.empty(),
            List.of(new Forward(Optional.empty(), Optional.empty(), 80)),
            Optional.empty(),
            Optional.empty(),
            OnCrash.RESTART,
            true);
    Workspace would = admit(Sample.ADA, dry);
    assertEquals("mine", would.name());
    assertEquals(OnCrash.RESTART, would.order().onCrash());
    assertTrue(would.reason().contains("it would be placed on n1"), would.reason());
    assertEquals(0, store.unfinished().size());
    assertEquals(List.of(), accepted);
  }

  private Workspace admit(DistinguishedName who, WorkspaceRequest request) {
    return admission
        .admit(applicant(new Caller(who, ProxyKind.FULL, List.of(), Instant.MAX)), request, MESSAGE)
        .workspace();
  }

  private Refusal refused(DistinguishedName who, WorkspaceRequest request) {
    return assertThrows(RefusedException.class, () -> admit(who, request)).refusal();
  }

  private static Applicant applicant(Caller caller) {
    return new Applicant(caller, "urn:uuid:1", "192.0.2.1:40000");
  }

  private static WorkspaceRequest request(String token) {
    return new WorkspaceRequest(
        token,
        ImageReference.parse("sl6"),
        Optional.empty(),
        new Resources(1, 256 * Sample.MIB, 0),
        Optional.empty(),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        OnCrash.END,
        false);
  }

  private static WorkspaceRequest with(WorkspaceRequest request, Resources resources) {
    return new WorkspaceRequest(
        request.clientToken(),
        request.image(),
        request.name(),
        resources,
        request.lease(),
        request.forwards(),
        request.sshKey(),
        request.userData(),
        request.onCrash(),
        request.dryRun());
  }

  private static ResolvedImage image(Digest digest, Optional<Instant> retiredAt) {
    return new ResolvedImage(
        "sl6:1",
        digest,
        Sample.papers(),
        List.of(URI.create("https://repo.example.org:9444/images/sha256/00")),
        retiredAt);
  }

  private static VerifiedPapers papers(Digest digest) {
    Manifest manifest =
        new Manifest(
            "sl6",
            "1",
            DiskFormat.RAW,
            1 << 20,
            1 << 20,
            Digest.sha1(new byte[20]),
            digest,
            1 << 20,
            List.of(Sample.digest(3)),
            BootInformation.OWN_LOADER,
            Sample.BOB.slash(),
            Optional.empty());
    return new VerifiedPapers(
        manifest,
        Sample.digest(4),
        SignatureForm.CLASSIC_SHA1,
        new ValidatedPath(
            List.of(Sample.builder()), Sample.BOB, Sample.builder(), ProxyKind.NONE, Instant.MAX),
        Set.of("*"),
        Set.of(),
        "signers[0]");
  }
}
