package org.hospes.service.admission;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.hospes.image.Digest;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceFilter;
import org.hospes.service.workspace.WorkspaceRepository;
import org.hospes.trust.caller.Caller;
import org.hospes.trust.path.DistinguishedName;

/**
 * What a caller may do, by the {@link RunPolicy} as it is now and by what is kept. It decides
 * nothing itself but whose a workspace is.
 */
public final class Rights {
  private final Supplier<RunPolicy> policy;
  private final WorkspaceRepository workspaces;

  /**
   * @param policy read anew each time
   */
  public Rights(Supplier<RunPolicy> policy, WorkspaceRepository workspaces) {
    this.policy = policy;
    this.workspaces = workspaces;
  }

  /** The policy as it is now, for decisions that must be of one piece. */
  public RunPolicy policy() {
    return policy.get();
  }

  /**
   * What counts against the quotas of an owner, but for the workspace in question.
   *
   * @param limits whose quotas they are
   */
  public Usage used(RunPolicy limits, RunRequest request, Optional<Workspace> inQuestion) {
    boolean all = limits.counts(request.owner().virtualOrganisation());
    List<Workspace> living =
        all
            ? workspaces.unfinished()
            : workspaces.page(
                new WorkspaceFilter(
                    Optional.of(request.owner().dn()), Set.of(), Optional.empty(), false),
                Optional.empty(),
                Integer.MAX_VALUE);
    return Usage.of(request.owner(), living, inQuestion.map(Workspace::id));
  }

  /**
   * Whether the caller may let a workspace run again, or for longer: by the rules, limits and
   * quotas of a deployment, where the workspace counts once.
   *
   * @throws org.hospes.service.workspace.RefusedException NOT_ALLOWED, saying why
   */
  public Decision requireMayRunOn(Caller caller, Workspace workspace, RunRequest request) {
    RunPolicy now = policy.get();
    Usage used = used(now, request, Optional.of(workspace));
    return operator(caller)
        ? now.decideFor(caller, request, used).orThrow()
        : now.decide(caller, request, used).orThrow();
  }

  /**
   * Whether the caller may let workspaces run on: those who may start one, and operators.
   *
   * @throws org.hospes.service.workspace.RefusedException NOT_ALLOWED, saying why
   */
  public Decision requireMayRunAgain(Caller caller) {
    RunPolicy now = policy.get();
    return operator(caller) ? now.operate(caller).orThrow() : now.admit(caller).orThrow();
  }

  /**
   * Whether the caller's papers may change anything at all.
   *
   * @throws org.hospes.service.workspace.RefusedException NOT_ALLOWED, saying why
   */
  public void requireMayChange(Caller caller) {
    policy.get().change(caller).orThrow();
  }

  /**
   * Whether the caller's papers may ask anything.
   *
   * @throws org.hospes.service.workspace.RefusedException NOT_ALLOWED, saying why
   */
  public void requireMayAsk(Caller caller) {
    policy.get().ask(caller).orThrow();
  }

  /**
   * Whether the caller may handle the site's nodes.
   *
   * @throws org.hospes.service.workspace.RefusedException NOT_ALLOWED, saying why
   */
  public void requireMayOperate(Caller caller) {
    policy.get().operate(caller).orThrow();
  }

  /** Whether the caller operates this site. */
  public boolean operator(Caller caller) {
    return policy.get().operator(caller);
  }

  /** Whether the caller may see the site's nodes: those who run here, and operators. */
  public boolean maySeeNodes(Caller caller) {
    return operator(caller) || policy.get().maySee(caller);
  }

  /** Whose workspaces the caller sees and handles; empty for everybody's. */
  public Optional<DistinguishedName> scope(Caller caller) {
    return operator(caller) ? Optional.empty() : Optional.of(caller.dn());
  }

  /** Whether that workspace exists, as far as the caller is concerned. */
  public boolean mayHandle(Caller caller, Workspace workspace) {
    return operator(caller) || workspace.owner().equals(caller.dn());
  }

  /** SHA-256 of the access file by which it is decided now. */
  public Digest version() {
    return policy.get().digest();
  }
}
