package org.hospes.service.admission;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.hospes.image.policy.Audience;
import org.hospes.image.verify.VerifiedPapers;
import org.hospes.service.audit.AuditEntry;
import org.hospes.service.audit.AuditLog;
import org.hospes.service.placement.Placement;
import org.hospes.service.workspace.Dossier;
import org.hospes.service.workspace.ImagePin;
import org.hospes.service.workspace.Lease;
import org.hospes.service.workspace.Order;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.TokenTakenException;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.service.workspace.WorkspaceRepository;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides whether a request becomes a workspace. When {@link #admit} has returned, the workspace is
 * saved; deploying it is somebody else's work. Safe for use by many threads.
 */
public final class Admission {
  private static final Logger LOG = LoggerFactory.getLogger(Admission.class);
  private static final int LONGEST_STEM = 55;

  /** Parts that admission asks. */
  public record Parties(
      Rights rights,
      ImageCatalogue catalogue,
      ImageJudge judge,
      Supplier<? extends ImageRulebook> rulebook,
      Placement placement,
      WorkspaceRepository workspaces,
      AuditLog audit) {}

  private final Parties parties;
  private final Duration defaultLease;
  private final Supplier<UUID> ids;
  private final Clock clock;
  private final Consumer<WorkspaceId> accepted;
  private final ImageReview images;
  private final QuotaLocks locks = new QuotaLocks();

  /**
   * Wires it.
   *
   * @param defaultLease for requests that name none
   * @param ids where new workspaces get their identity
   * @param accepted is told of each workspace after it was saved
   */
  public Admission(
      Parties parties,
      Duration defaultLease,
      Supplier<UUID> ids,
      Clock clock,
      Consumer<WorkspaceId> accepted) {
    this.parties = parties;
    this.images = new ImageReview(parties.catalogue(), parties.judge(), parties.rulebook());
    this.defaultLease = defaultLease;
    this.ids = ids;
    this.clock = clock;
    this.accepted = accepted;
  }

  /**
   * Decides on a request. Idempotent by client token: the same token from the same person with the
   * same request answers with the workspace made before.
   *
   * @param signedRequest the message as it was signed, kept beside the workspace
   * @throws RefusedException with the reason
   */
  public Admitted admit(Applicant applicant, WorkspaceRequest request, byte[] signedRequest) {
    try {
      return decide(applicant, request, signedRequest);
    } catch (RefusedException e) {
      Refusal refusal = e.refusal();
      record(
          applicant,
          request,
          AuditEntry.of(clock.instant(), "deploy", AuditEntry.Outcome.REFUSED, refusal.code())
              .fact("message", refusal.message())
              .facts(refusal.facts()));
      throw e;
    } catch (RuntimeException e) {
      record(
          applicant,
          request,
          AuditEntry.of(clock.instant(), "deploy", AuditEntry.Outcome.FAILED, e.toString()));
      throw e;
    }
  }

  private Admitted decide(Applicant applicant, WorkspaceRequest request, byte[] signedRequest) {
    Rights rights = parties.rights();
    RunPolicy policy = rights.policy();
    Decision admitted = policy.admit(applicant.caller()).orThrow();
    if (!request.dryRun()) {
      Optional<Workspace> before = earlier(applicant, request);
      if (before.isPresent()) {
        return new Admitted(before.get(), List.of(admitted));
      }
    }
    RunRequest wanted =
        RunRequest.asked(
            policy, applicant.caller(), request.resources(), request.lease(), defaultLease);
    // What is too much in any case is refused before the repository is asked.
    policy.decide(applicant.caller(), wanted, Usage.NONE).orThrow();

    Optional<String> vo = wanted.owner().virtualOrganisation();
    ImageReview.Reviewed reviewed =
        images.review(request.image(), Audience.caller(applicant.caller().dn(), vo));
    ResolvedImage image = reviewed.image();
    VerifiedPapers papers = reviewed.papers();

    UUID uuid = ids.get();
    // Milliseconds are what messages and databases carry.
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    Order order =
        new Order(
            request.name().orElseGet(() -> named(request.image().name(), uuid)),
            wanted.owner(),
            request.clientToken(),
            request.digest(),
            new ImagePin(
                image.label(),
                image.digest(),
                papers.signer().slash(),
                papers.form(),
                papers.manifest().diskBytes()),
            request.resources(),
            request.forwards(),
            request.onCrash(),
            new Lease(now, wanted.lease().orElseThrow()));
    Optional<Refusal> impossible = parties.placement().impossible(order);
    if (impossible.isPresent()) {
      throw impossible.get().toException();
    }
    Workspace workspace = Workspace.requested(new WorkspaceId(uuid), order, now);
    Dossier dossier =
        new Dossier(
            image.papers(), image.sources(), signedRequest, request.sshKey(), request.userData());
    RunRequest whole = wanted.withDisk(papers.manifest().virtualBytes());
    Admitted kept =
        locks.alone(
            whole.owner(),
            policy.counts(vo),
            () -> keep(applicant, request, workspace, dossier, policy, whole, reviewed.decision()));
    if (!request.dryRun() && kept.workspace().id().equals(workspace.id())) {
      announce(applicant, request, kept);
    }
    return kept;
  }

  private Admitted keep(
      Applicant applicant,
      WorkspaceRequest request,
      Workspace workspace,
      Dossier dossier,
      RunPolicy policy,
      RunRequest whole,
      Decision image) {
    Optional<Workspace> twin = request.dryRun() ? Optional.empty() : earlier(applicant, request);
    if (twin.isPresent()) {
      return new Admitted(twin.get(), List.of(policy.admit(applicant.caller())));
    }
    Usage used = parties.rights().used(policy, whole, Optional.empty());
    List<Decision> decisions =
        List.of(policy.decide(applicant.caller(), whole, used).orThrow(), image);
    if (request.dryRun()) {
      return new Admitted(dryRun(applicant, request, workspace, decisions), decisions);
    }
    try {
      return new Admitted(parties.workspaces().add(workspace, dossier), decisions);
    } catch (TokenTakenException e) {
      return new Admitted(earlier(applicant, request).orElseThrow(() -> e), decisions);
    }
  }

  private void announce(Applicant applicant, WorkspaceRequest request, Admitted admitted) {
    Workspace saved = admitted.workspace();
    LOG.info(
        "workspace={} from=- to={} reason=accepted for {}",
        saved.id(),
        saved.state(),
        saved.owner());
    record(
        applicant,
        request,
        AuditEntry.of(clock.instant(), "deploy", AuditEntry.Outcome.ACCEPTED, "accepted")
            .about(saved.id())
            .facts(rules(admitted.decisions()))
            .fact("digest", saved.order().image().digest())
            .fact("signer", saved.order().image().signer())
            .fact("form", saved.order().image().form())
            .fact("vo", saved.order().owner().virtualOrganisation().orElse("-"))
            .fact("leaseEnds", saved.lease().ends()));
    accepted.accept(saved.id());
  }

  private Workspace dryRun(
      Applicant applicant,
      WorkspaceRequest request,
      Workspace workspace,
      List<Decision> decisions) {
    List<Workspace> reserved = parties.workspaces().unfinished();
    String where =
        parties
            .placement()
            .choose(workspace.order(), reserved)
            .map(node -> "it would be placed on " + node.name())
            .orElseGet(
                () -> "it would wait: " + parties.placement().whyNot(workspace.order(), reserved));
    record(
        applicant,
        request,
        AuditEntry.of(clock.instant(), "deploy", AuditEntry.Outcome.ACCEPTED, "dry run")
            .facts(rules(decisions)));
    return workspace.because("dry run, nothing was kept; " + where);
  }

  private static Map<String, String> rules(List<Decision> decisions) {
    Map<String, String> rules = new LinkedHashMap<>(decisions.get(0).facts());
    decisions.get(1).facts().forEach((name, value) -> rules.put("image" + capital(name), value));
    return rules;
  }

  private static String capital(String name) {
    return name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
  }

  private Optional<Workspace> earlier(Applicant applicant, WorkspaceRequest request) {
    Optional<Workspace> before =
        parties.workspaces().findByToken(applicant.caller().dn(), request.clientToken());
    if (before.isPresent() && !before.get().order().requestDigest().equals(request.digest())) {
      throw Refusal.of(
              Refusal.Category.CONFLICT,
              "request.token.reused",
              "the client token "
                  + request.clientToken()
                  + " already names another request, which made workspace "
                  + before.get().id())
          .advice("use a new token for a new request")
          .fact("workspace", before.get().id())
          .toException();
    }
    return before;
  }

  // Within the length that a name given by a person may have.
  private static String named(String image, UUID uuid) {
    return image.substring(0, Math.min(image.length(), LONGEST_STEM))
        + "-"
        + uuid.toString().substring(0, 8);
  }

  private void record(Applicant applicant, WorkspaceRequest request, AuditEntry entry) {
    parties
        .audit()
        .record(
            entry
                .by(applicant.caller().dn())
                .fact("image", request.image())
                .fact("token", request.clientToken())
                .fact("message-id", applicant.messageId())
                .fact("from", applicant.remoteAddress()));
  }
}
