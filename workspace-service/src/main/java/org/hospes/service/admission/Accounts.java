package org.hospes.service.admission;

import java.util.Optional;
import org.hospes.trust.path.DistinguishedName;

/** The grid-mapfile: who may run, and as what. */
@FunctionalInterface
public interface Accounts {
  /** The account of that person; empty when they may not run anything. */
  Optional<String> account(DistinguishedName dn);
}
