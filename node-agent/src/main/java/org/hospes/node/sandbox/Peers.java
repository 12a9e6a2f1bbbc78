package org.hospes.node.sandbox;

import org.hospes.image.fetch.RangeSource;
import org.hospes.trust.path.DistinguishedName;

/** The other nodes, as far as files are fetched from them. Safe for many threads. */
public interface Peers {
  /** What comes from the one host of this name; whoever else answers is not listened to. */
  RangeSource at(DistinguishedName host);
}
