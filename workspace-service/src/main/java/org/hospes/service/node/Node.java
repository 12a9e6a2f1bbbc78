package org.hospes.service.node;

import java.time.Instant;
import org.hospes.trust.path.DistinguishedName;

/** A registered node: who it is, what it has, what it last said, and when. */
public record Node(
    String name, DistinguishedName dn, NodeFacts facts, NodeReport report, Instant lastHeard) {}
