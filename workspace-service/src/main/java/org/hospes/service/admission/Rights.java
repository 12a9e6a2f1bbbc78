package org.hospes.service.admission;

import java.util.Optional;
import java.util.function.Supplier;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Workspace;
import org.hospes.trust.caller.Caller;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyRule;

/** What a caller may do: the one place where that is decided. Reads the lists anew each time. */
public final class Rights {
  private final Supplier<? extends Accounts> accounts;
  private final Supplier<AccessRules> rules;

  public Rights(Supplier<? extends Accounts> accounts, Supplier<AccessRules> rules) {
    this.accounts = accounts;
    this.rules = rules;
  }

  /**
   * Whether the caller may start workspaces.
   *
   * @throws org.hospes.service.workspace.RefusedException NOT_ALLOWED, saying why
   */
  public void requireMayRun(Caller caller) {
    requireMayChange(caller);
    if (accounts.get().account(caller.dn()).isEmpty()) {
      throw Refusal.of(
              Refusal.Category.NOT_ALLOWED,
              "caller.not-mapped",
              caller.dn() + " may not run workspaces at this site: it is not in the grid-mapfile")
          .advice("ask the site's operators to add exactly this name to the grid-mapfile")
          .fact("dn", caller.dn())
          .toException();
    }
  }

  /**
   * Whether the caller may let workspaces run on: those who may start one, and operators.
   *
   * @throws org.hospes.service.workspace.RefusedException NOT_ALLOWED, saying why
   */
  public void requireMayRunAgain(Caller caller) {
    if (operator(caller)) {
      requireMayChange(caller);
    } else {
      requireMayRun(caller);
    }
  }

  /**
   * Whether the caller's papers may change anything at all.
   *
   * @throws org.hospes.service.workspace.RefusedException NOT_ALLOWED, saying why
   */
  public void requireMayChange(Caller caller) {
    requireMayAsk(caller);
    if (!ProxyRule.allows(caller.proxy(), ProxyRule.Use.CHANGE) && !rules.get().limitedProxies()) {
      throw Refusal.of(
              Refusal.Category.NOT_ALLOWED,
              "caller.proxy.limited",
              caller.dn()
                  + " came with a limited proxy, which may move data but not start or end"
                  + " workspaces")
          .advice("make a full proxy (without -limited) and ask again")
          .fact("dn", caller.dn())
          .fact("proxy", caller.proxy())
          .toException();
    }
  }

  /**
   * Whether the caller's papers may ask anything.
   *
   * @throws org.hospes.service.workspace.RefusedException NOT_ALLOWED, saying why
   */
  public void requireMayAsk(Caller caller) {
    if (!ProxyRule.allows(caller.proxy(), ProxyRule.Use.ASK)) {
      throw Refusal.of(
              Refusal.Category.NOT_ALLOWED,
              "caller.proxy.no-rights",
              caller.dn() + " came with a proxy that does not inherit its rights")
          .advice("make a proxy with the policy \"inherit all\" (RFC 3820), the usual kind")
          .fact("dn", caller.dn())
          .fact("proxy", caller.proxy())
          .toException();
    }
  }

  /**
   * Whether the caller may handle the site's nodes.
   *
   * @throws org.hospes.service.workspace.RefusedException NOT_ALLOWED, saying why
   */
  public void requireMayOperate(Caller caller) {
    requireMayChange(caller);
    if (!operator(caller)) {
      throw Refusal.of(
              Refusal.Category.NOT_ALLOWED,
              "caller.not-operator",
              caller.dn() + " does not operate this site")
          .advice("ask the site's operators; they are named in the service's access file")
          .fact("dn", caller.dn())
          .toException();
    }
  }

  /** Whether the caller operates this site. */
  public boolean operator(Caller caller) {
    return rules.get().operators().contains(caller.dn());
  }

  /** Whether the caller may see the site's nodes: those who run here, and operators. */
  public boolean maySeeNodes(Caller caller) {
    return operator(caller) || accounts.get().account(caller.dn()).isPresent();
  }

  /** Whose workspaces the caller sees and handles; empty for everybody's. */
  public Optional<DistinguishedName> scope(Caller caller) {
    return operator(caller) ? Optional.empty() : Optional.of(caller.dn());
  }

  /** Whether that workspace exists, as far as the caller is concerned. */
  public boolean mayHandle(Caller caller, Workspace workspace) {
    return operator(caller) || workspace.owner().equals(caller.dn());
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
                    .get()
                    .account(caller.dn())
                    .map(a -> a.startsWith(".") ? a.substring(1) : a)
                    .filter(a -> !a.isEmpty()));
  }

  /** What one person may have at once. */
  public UserLimits limits() {
    return rules.get().limits();
  }
}
