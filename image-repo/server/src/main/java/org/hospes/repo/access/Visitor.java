package org.hospes.repo.access;

import java.util.Optional;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyKind;

/**
 * Who is asking.
 *
 * @param dn end entity of the validated chain
 * @param remoteAddress for the audit log
 * @param messageId of the signed message, if it came as one
 */
public record Visitor(
    DistinguishedName dn, ProxyKind proxy, String remoteAddress, Optional<String> messageId) {}
