package org.hospes.trust.caller;

import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.hospes.trust.path.PathProblem;
import org.hospes.trust.path.PathValidator;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.trust.path.ValidatedPath;
import org.italiangrid.voms.VOMSAttribute;
import org.italiangrid.voms.ac.VOMSACValidator;
import org.italiangrid.voms.ac.VOMSValidationResult;

/**
 * Turns a validated chain into a {@link Caller}, with the VOMS attribute certificates (RFC 5755) in
 * its proxies. An attribute certificate that does not hold is refused with the whole chain, not
 * passed over: its owner meant to speak for that VO. Safe for use by many threads.
 */
public final class CallerReader {
  /** The code of a refusal because of an attribute certificate. */
  public static final String BAD_ATTRIBUTES = "path.voms";

  private static final Duration LONGEST = Duration.ofSeconds(60);
  private static final int MOST = 256;

  private record Entry(Caller caller, long generation, VOMSACValidator servers, Instant end) {}

  private final PathValidator paths;
  private final Optional<VomsServers> servers;
  private final Clock clock;
  private final Map<List<X509Certificate>, Entry> recent = new LinkedHashMap<>(64, 0.75f, true);

  /**
   * A reader for one site.
   *
   * @param vomsDirectory holds {@code VO/HOST.lsc}; without it attribute certificates cannot be
   *     judged, and callers have no FQANs
   */
  public CallerReader(PathValidator paths, Optional<Path> vomsDirectory, Clock clock) {
    this.paths = paths;
    this.servers = vomsDirectory.map(directory -> new VomsServers(directory, paths));
    this.clock = clock;
  }

  /**
   * Reads who asks. Repeating it for the same chain is cheap.
   *
   * @throws UntrustedPathException when an attribute certificate does not hold; its code is {@link
   *     #BAD_ATTRIBUTES}
   */
  public Caller read(ValidatedPath path) throws UntrustedPathException {
    if (servers.isEmpty()) {
      return new Caller(path.endEntity(), path.proxy(), List.of(), path.notAfter());
    }
    Instant now = clock.instant();
    long generation = paths.generation();
    VOMSACValidator validator = servers.get().validator(now);
    synchronized (recent) {
      Entry known = recent.get(path.chain());
      if (known != null
          && known.generation == generation
          && known.servers == validator
          && now.isBefore(known.end)) {
        return known.caller;
      }
    }
    Caller caller = judge(path, validator, now);
    Instant end = now.plus(LONGEST);
    synchronized (recent) {
      if (recent.size() >= MOST) {
        recent.remove(recent.keySet().iterator().next());
      }
      end = end.isBefore(caller.notAfter()) ? end : caller.notAfter();
      recent.put(path.chain(), new Entry(caller, generation, validator, end));
    }
    return caller;
  }

  private static Caller judge(ValidatedPath path, VOMSACValidator validator, Instant now)
      throws UntrustedPathException {
    List<VOMSValidationResult> results = results(path, validator);
    List<PathProblem> problems = new ArrayList<>();
    Set<String> fqans = new LinkedHashSet<>();
    Instant end = path.notAfter();
    for (VOMSValidationResult result : results) {
      VOMSAttribute attributes = result.getAttributes();
      if (!result.isValid()) {
        problems.add(problem(result));
        continue;
      }
      if (!attributes.validAt(Date.from(now))) {
        problems.add(outsideItsTime(attributes, now));
      }
      for (String fqan : attributes.getFQANs()) {
        if (!fqan.equals("/" + attributes.getVO())
            && !fqan.startsWith("/" + attributes.getVO() + "/")) {
          problems.add(foreign(attributes, fqan));
        }
        fqans.add(without("/Role=NULL", without("/Capability=NULL", fqan)));
      }
      Instant ends = attributes.getNotAfter().toInstant();
      end = ends.isBefore(end) ? ends : end;
    }
    if (!problems.isEmpty()) {
      throw new UntrustedPathException(path.endEntity().slash(), problems);
    }
    return new Caller(path.endEntity(), path.proxy(), List.copyOf(fqans), end);
  }

  /** Says nothing at the end of an attribute; before more letters it is the name of a role. */
  private static String without(String nothing, String fqan) {
    return fqan.endsWith(nothing) ? fqan.substring(0, fqan.length() - nothing.length()) : fqan;
  }

  private static List<VOMSValidationResult> results(ValidatedPath path, VOMSACValidator validator)
      throws UntrustedPathException {
    try {
      return validator.validateWithResult(path.chain().toArray(X509Certificate[]::new));
    } catch (RuntimeException e) {
      // voms-api signals attribute certificates that it cannot even read so.
      throw new UntrustedPathException(
          path.endEntity().slash(),
          List.of(
              new PathProblem(
                  BAD_ATTRIBUTES, -1, "an attribute certificate cannot be read: " + e)));
    }
  }

  private static PathProblem problem(VOMSValidationResult result) {
    String why =
        result.getValidationErrors().stream()
            .map(error -> error.getMessage())
            .collect(Collectors.joining("; "));
    String vo = result.getAttributes() == null ? "unknown" : result.getAttributes().getVO();
    return new PathProblem(
        BAD_ATTRIBUTES,
        -1,
        "the attribute certificate of the VO "
            + vo
            + " does not hold: "
            + why
            + "; make a new proxy with voms-proxy-init");
  }

  /** A server is trusted for its own VO only, whatever it writes. */
  private static PathProblem foreign(VOMSAttribute attributes, String fqan) {
    return new PathProblem(
        BAD_ATTRIBUTES,
        -1,
        "the attribute certificate of the VO "
            + attributes.getVO()
            + " claims the attribute "
            + fqan
            + ", which is not of that VO");
  }

  private static PathProblem outsideItsTime(VOMSAttribute attributes, Instant now) {
    return new PathProblem(
        BAD_ATTRIBUTES,
        -1,
        "the attribute certificate of the VO "
            + attributes.getVO()
            + " holds from "
            + attributes.getNotBefore().toInstant()
            + " to "
            + attributes.getNotAfter().toInstant()
            + ", now is "
            + now
            + "; make a new proxy with voms-proxy-init");
  }
}
