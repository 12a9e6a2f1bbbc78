package org.hospes.wire.security;

import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.hospes.trust.caller.Caller;
import org.hospes.trust.path.PathValidator;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.trust.path.ValidatedPath;

/**
 * Chains and who they speak for. The validator judges at every request, which for a chain it judged
 * a moment ago costs it little; what the chain's attributes say is kept for {@link #KEPT_FOR}, or
 * until CAs or CRLs change or any certificate ends.
 */
final class ProvenPaths {
  private static final Duration KEPT_FOR = Duration.ofSeconds(20);
  private static final int MOST = 4096;

  private final PathValidator paths;
  private final CallerSource callers;
  private final Clock clock;
  private final Map<List<X509Certificate>, Proven> callersKnown = new ConcurrentHashMap<>();

  /** A good chain and who it speaks for. */
  record Proven(ValidatedPath path, Caller caller, long generation, Instant until) {}

  ProvenPaths(PathValidator paths, CallerSource callers, Clock clock) {
    this.paths = paths;
    this.callers = callers;
    this.clock = clock;
  }

  PathValidator validator() {
    return paths;
  }

  Proven prove(List<X509Certificate> chain) throws UntrustedPathException {
    // Read first: a change while the chain is being judged must void the judgement.
    long generation = paths.generation();
    ValidatedPath path = paths.validate(chain);
    Instant now = clock.instant();
    Proven before = callersKnown.get(chain);
    if (before != null && before.generation() == generation && now.isBefore(before.until())) {
      return before;
    }
    callersKnown.remove(chain);
    Caller caller = callers.read(path);
    Instant until = earliest(now.plus(KEPT_FOR), path.notAfter(), caller.notAfter());
    Proven proven = new Proven(path, caller, generation, until);
    if (callersKnown.size() >= MOST) {
      callersKnown.clear();
    }
    callersKnown.put(List.copyOf(chain), proven);
    return proven;
  }

  private static Instant earliest(Instant a, Instant b, Instant c) {
    Instant first = a.isBefore(b) ? a : b;
    return first.isBefore(c) ? first : c;
  }
}
