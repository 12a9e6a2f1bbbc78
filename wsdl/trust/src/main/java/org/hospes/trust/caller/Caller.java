package org.hospes.trust.caller;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyKind;

/**
 * Who asks: the end entity behind a validated chain, with what the VOMS attribute certificates in
 * its proxy attest.
 *
 * @param dn the end entity's name, whatever proxies stand before it
 * @param proxy the most restricted kind among the proxies
 * @param fqans verified FQANs, the primary one first; empty without VOMS
 * @param notAfter when these papers end
 */
public record Caller(DistinguishedName dn, ProxyKind proxy, List<String> fqans, Instant notAfter) {
  /** Keeps its own copy of the list. */
  public Caller {
    fqans = List.copyOf(fqans);
  }

  /** The virtual organisation of the primary FQAN: {@code atlas} for {@code /atlas/Role=prod}. */
  public Optional<String> virtualOrganisation() {
    return fqans.stream().findFirst().map(f -> f.substring(1).split("/", 2)[0]);
  }
}
