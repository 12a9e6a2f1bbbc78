package org.hospes.trust.caller;

import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.PathValidator;
import org.hospes.trust.path.PathsAt;
import org.hospes.trust.path.ProxyKind;
import org.hospes.trust.path.ProxyKinds;
import org.hospes.trust.path.ProxyRule;
import org.hospes.trust.path.UntrustedPathException;

/**
 * Says whether a service takes a chain from somebody who wants to start a workspace, and why not.
 * It judges nothing itself: it asks the very {@link PathValidator}, {@link CallerReader} and {@link
 * ProxyRule} that a service asks.
 */
public final class CredentialCheck {
  /**
   * What the proxies of a chain are.
   *
   * @param kind of the most restricted one: {@code inherit-all}, {@code limited}, {@code
   *     independent}, {@code restricted}; {@code legacy} when one is older than RFC 3820
   * @param depth how many there are
   * @param limited whether one of them is limited
   */
  public record Proxy(String kind, int depth, boolean limited) {}

  /**
   * What came of it.
   *
   * @param dn the end entity's name in slash form, believed only when accepted; null when the chain
   *     holds none that can be written
   * @param proxy null without any proxy
   * @param fqans verified VOMS attributes, the primary one first; none when refused
   * @param reasons each begins with its code and a colon; empty when accepted
   */
  public record Verdict(
      boolean accepted, String dn, Proxy proxy, List<String> fqans, List<String> reasons) {
    /** Keeps its own copies. */
    public Verdict {
      fqans = List.copyOf(fqans);
      reasons = List.copyOf(reasons);
    }
  }

  private final PathValidator paths;
  private final Path vomsDirectory;
  private final boolean limitedProxies;

  /**
   * A check by the rules of one site.
   *
   * @param vomsDirectory holds {@code VO/HOST.lsc}; where it is missing no VOMS server is trusted
   * @param limitedProxies whether the site lets limited proxies start workspaces
   */
  public CredentialCheck(PathValidator paths, Path vomsDirectory, boolean limitedProxies) {
    this.paths = paths;
    this.vomsDirectory = vomsDirectory;
    this.limitedProxies = limitedProxies;
  }

  /**
   * Judges a chain.
   *
   * @param chain the leaf first
   * @param at when its certificates and attributes must be valid; CRLs are those of the present
   */
  public Verdict judge(List<X509Certificate> chain, Instant at) {
    try {
      PathValidator then = new PathsAt(paths, at);
      Clock clock = Clock.fixed(at, ZoneOffset.UTC);
      CallerReader callers = new CallerReader(then, Optional.of(vomsDirectory), clock);
      Caller caller = callers.read(then.validate(chain));
      List<String> reasons = refusal(caller.proxy()).stream().toList();
      return new Verdict(
          reasons.isEmpty(),
          caller.dn().slash(),
          proxy(chain),
          reasons.isEmpty() ? caller.fqans() : List.of(),
          reasons);
    } catch (UntrustedPathException e) {
      List<String> reasons =
          e.problems().stream().map(problem -> problem.code() + ": " + problem.message()).toList();
      return new Verdict(false, name(chain).orElse(null), proxy(chain), List.of(), reasons);
    }
  }

  private Optional<String> refusal(ProxyKind kind) {
    if (ProxyRule.allows(kind, ProxyRule.Use.CHANGE)) {
      return Optional.empty();
    }
    if (!ProxyRule.allows(kind, ProxyRule.Use.ASK)) {
      return Optional.of(
          "caller.proxy.no-rights: the proxy does not inherit the rights of its owner; make one"
              + " with the policy \"inherit all\" (RFC 3820), the usual kind");
    }
    return limitedProxies
        ? Optional.empty()
        : Optional.of(
            "caller.proxy.limited: a limited proxy may look and fetch, but not start or end"
                + " workspaces; make a full one (without -limited)");
  }

  private static Optional<String> name(List<X509Certificate> chain) {
    try {
      return chain.stream()
          .filter(certificate -> ProxyKinds.of(certificate) == ProxyKind.NONE)
          .findFirst()
          .map(certificate -> DistinguishedName.ofSubject(certificate).slash());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Proxy proxy(List<X509Certificate> chain) {
    int depth = ProxyKinds.depth(chain);
    if (depth == 0) {
      return null;
    }
    boolean limited =
        chain.stream().anyMatch(certificate -> ProxyKinds.of(certificate) == ProxyKind.LIMITED);
    boolean legacy = chain.stream().anyMatch(ProxyKinds::isLegacy);
    ProxyKind kind = legacy ? ProxyKind.LEGACY : ProxyKinds.of(chain);
    String word = kind == ProxyKind.FULL ? "inherit-all" : kind.name().toLowerCase(Locale.ROOT);
    return new Proxy(word, depth, limited);
  }
}
