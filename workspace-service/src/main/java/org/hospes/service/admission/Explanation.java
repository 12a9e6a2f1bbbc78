package org.hospes.service.admission;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hospes.image.ImageReference;
import org.hospes.image.policy.Audience;
import org.hospes.service.audit.AuditEntry;
import org.hospes.service.audit.AuditLog;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.Resources;
import org.hospes.trust.caller.Caller;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyKind;

/**
 * Says what the policies would decide, and by which rule. What is kept is a line in the audit log,
 * that the site saw the image, and which disk a signed SHA-1 means here. It asks the very functions
 * that a deployment asks, of which it is the quotas' first look: a deployment a moment later may
 * find them used.
 */
public final class Explanation {
  private final Rights rights;
  private final ImageReview images;
  private final AuditLog audit;
  private final Duration defaultLease;
  private final Clock clock;

  /**
   * What is asked.
   *
   * @param image empty: only who may run is asked
   * @param dn of somebody else; empty: the one who asks
   * @param fqans as if with these VOMS attributes alone; empty: those that the one who asks has, or
   *     for somebody else none
   */
  public record Question(
      Optional<ImageReference> image,
      Resources resources,
      Optional<Duration> lease,
      Optional<DistinguishedName> dn,
      List<String> fqans) {
    public Question {
      fqans = List.copyOf(fqans);
    }
  }

  /** Wires it to what admission asks. */
  public Explanation(Admission.Parties parties, Duration defaultLease, Clock clock) {
    this.rights = parties.rights();
    this.images = new ImageReview(parties.catalogue(), parties.judge(), parties.rulebook());
    this.audit = parties.audit();
    this.defaultLease = defaultLease;
    this.clock = clock;
  }

  /**
   * The decision of each policy that was asked, that on running first. One that refuses is an
   * answer, too.
   *
   * @throws RefusedException when somebody asks for others without operating the site, when there
   *     is no such image, or when the repository does not answer
   */
  public List<Decision> of(Applicant applicant, Question question) {
    Caller asking = applicant.caller();
    Caller caller = caller(asking, question);
    RunPolicy policy = rights.policy();
    RunRequest wanted =
        RunRequest.asked(policy, caller, question.resources(), question.lease(), defaultLease);
    Audience audience = Audience.caller(caller.dn(), wanted.owner().virtualOrganisation());
    List<Decision> decisions = new ArrayList<>();
    Optional<Decision> image = Optional.empty();
    // Who may not run anything is told so, and does not keep the repository busy.
    if (policy.admit(caller).accepted() || policy.operator(asking)) {
      Optional<ImageReview.Reviewed> reviewed = Optional.empty();
      try {
        reviewed = question.image().map(name -> images.review(name, audience));
        image = reviewed.map(ImageReview.Reviewed::decision);
      } catch (RefusedException e) {
        image = Optional.of(images.decided(e).orElseThrow(() -> e));
      }
      RunRequest whole =
          reviewed.map(r -> wanted.withDisk(r.papers().manifest().virtualBytes())).orElse(wanted);
      decisions.add(policy.decide(caller, whole, rights.used(policy, whole, Optional.empty())));
    } else {
      decisions.add(policy.admit(caller));
    }
    image.ifPresent(decisions::add);
    decisions.forEach(decision -> record(applicant, caller, question, decision));
    return decisions;
  }

  private Caller caller(Caller asking, Question question) {
    boolean own = question.dn().map(asking.dn()::equals).orElse(true);
    if (own && question.fqans().isEmpty()) {
      return asking;
    }
    rights.requireMayOperate(asking);
    return new Caller(
        question.dn().orElse(asking.dn()), ProxyKind.FULL, question.fqans(), Instant.MAX);
  }

  private void record(Applicant applicant, Caller caller, Question question, Decision decision) {
    AuditEntry.Outcome outcome =
        decision.accepted() ? AuditEntry.Outcome.ACCEPTED : AuditEntry.Outcome.REFUSED;
    String reason = decision.refusal().map(refusal -> refusal.code()).orElse("would be accepted");
    audit.record(
        AuditEntry.of(clock.instant(), "explain", outcome, reason)
            .by(applicant.caller().dn())
            .fact("function", decision.function())
            .facts(decision.facts())
            .fact("for", caller.dn())
            .fact("fqans", String.join(" ", caller.fqans()))
            .fact("image", question.image().map(ImageReference::toString).orElse("-"))
            .fact("message-id", applicant.messageId())
            .fact("from", applicant.remoteAddress()));
  }
}
