package org.hospes.service.admission;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.verify.VerifiedPapers;
import org.hospes.service.audit.AuditEntry;
import org.hospes.service.audit.AuditLog;
import org.hospes.service.placement.Placement;
import org.hospes.service.workspace.Dossier;
import org.hospes.service.workspace.ImagePin;
import org.hospes.service.workspace.Lease;
import org.hospes.service.workspace.Order;
import org.hospes.service.workspace.Owner;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.TokenTakenException;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceFilter;
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
  private static final int STRIPES = 64;
  private static final int LONGEST_STEM = 55;

  /** Parts that admission asks. */
  public record Parties(
      Rights rights,
      ImageCatalogue catalogue,
      ImageJudge judge,
      Placement placement,
      WorkspaceRepository workspaces,
      AuditLog audit) {}

  private final Parties parties;
  private final Duration defaultLease;
  private final Supplier<UUID> ids;
  private final Clock clock;
  private final Consumer<WorkspaceId> accepted;
  private final Object[] ownerLocks = new Object[STRIPES];

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
    this.defaultLease = defaultLease;
    this.ids = ids;
    this.clock = clock;
    this.accepted = accepted;
    for (int i = 0; i < STRIPES; i++) {
      ownerLocks[i] = new Object();
    }
  }

  /**
   * Decides on a request. Idempotent by client token: the same token from the same person with the
   * same request answers with the workspace made before.
   *
   * @param signedRequest the message as it was signed, kept beside the workspace
   * @return the saved workspace; for a dry run one that was not saved
   * @throws RefusedException with the reason
   */
  public Workspace admit(Applicant applicant, WorkspaceRequest request, byte[] signedRequest) {
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

  private Workspace decide(Applicant applicant, WorkspaceRequest request, byte[] signedRequest) {
    Rights rights = parties.rights();
    rights.requireMayRun(applicant.caller());
    if (!request.dryRun()) {
      Optional<Workspace> before = earlier(applicant, request);
      if (before.isPresent()) {
        return before.get();
      }
    }
    Duration lease = request.lease().orElse(defaultLease);
    Quota.requireLease(lease, rights.limits());

    Optional<String> vo = rights.virtualOrganisation(applicant.caller());
    ResolvedImage image = parties.catalogue().resolve(request.image());
    requireNotRetired(image);
    VerifiedPapers papers = judged(image, vo);

    UUID uuid = ids.get();
    // Milliseconds are what messages and databases carry.
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    Order order =
        new Order(
            request.name().orElseGet(() -> named(request.image().name(), uuid)),
            new Owner(applicant.caller().dn(), vo),
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
            new Lease(now, lease));
    Optional<Refusal> impossible = parties.placement().impossible(order);
    if (impossible.isPresent()) {
      throw impossible.get().toException();
    }
    Workspace workspace = Workspace.requested(new WorkspaceId(uuid), order, now);
    Dossier dossier =
        new Dossier(
            image.papers(), image.sources(), signedRequest, request.sshKey(), request.userData());
    return keep(applicant, request, workspace, dossier);
  }

  private Workspace keep(
      Applicant applicant, WorkspaceRequest request, Workspace workspace, Dossier dossier) {
    Workspace saved;
    // One person's requests are decided one after the other, or two could share the last quota.
    synchronized (ownerLocks[Math.floorMod(workspace.owner().hashCode(), STRIPES)]) {
      List<Workspace> living =
          parties
              .workspaces()
              .page(
                  new WorkspaceFilter(
                      Optional.of(workspace.owner()), Set.of(), Optional.empty(), false),
                  Optional.empty(),
                  Integer.MAX_VALUE);
      Optional<Workspace> twin = request.dryRun() ? Optional.empty() : earlier(applicant, request);
      if (twin.isPresent()) {
        return twin.get();
      }
      Quota.require(workspace.order(), living, parties.rights().limits());
      if (request.dryRun()) {
        return dryRun(applicant, request, workspace);
      }
      try {
        saved = parties.workspaces().add(workspace, dossier);
      } catch (TokenTakenException e) {
        return earlier(applicant, request).orElseThrow(() -> e);
      }
    }
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
            .fact("digest", saved.order().image().digest())
            .fact("signer", saved.order().image().signer())
            .fact("form", saved.order().image().form())
            .fact("vo", saved.order().owner().virtualOrganisation().orElse("-"))
            .fact("leaseEnds", saved.lease().ends()));
    accepted.accept(saved.id());
    return saved;
  }

  private Workspace dryRun(Applicant applicant, WorkspaceRequest request, Workspace workspace) {
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
        AuditEntry.of(clock.instant(), "deploy", AuditEntry.Outcome.ACCEPTED, "dry run"));
    return workspace.because("dry run, nothing was kept; " + where);
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

  private static void requireNotRetired(ResolvedImage image) {
    image
        .retiredAt()
        .ifPresent(
            at -> {
              throw Refusal.of(
                      Refusal.Category.IMAGE_REFUSED,
                      "image.retired",
                      image.label() + " was retired at " + at + "; nothing new starts from it")
                  .advice("choose another version: workspace image list")
                  .fact("image", image.label())
                  .fact("digest", image.digest())
                  .fact("retiredAt", at)
                  .toException();
            });
  }

  private VerifiedPapers judged(ResolvedImage image, Optional<String> vo) {
    try {
      VerifiedPapers papers = parties.judge().judge(image.papers(), vo);
      if (!papers.manifest().sha256().equals(image.digest())) {
        throw Refusal.of(
                Refusal.Category.IMAGE_REFUSED,
                "image.digest.mismatch",
                "the manifest of " + image.label() + " describes other bytes than were asked for")
            .advice("the repository answered wrongly: ask its operators")
            .fact("expected", image.digest())
            .fact("found", papers.manifest().sha256())
            .toException();
      }
      return papers;
    } catch (ImageRefusedException e) {
      throw new Refusal(
              Refusal.Category.IMAGE_REFUSED, e.code(), e.getMessage(), e.advice(), e.facts())
          .toException();
    }
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
