package org.hospes.node.hypervisor;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.UUID;

/**
 * What a domain itself says of the workspace it belongs to, so that an agent that lost its journal
 * still knows whose guest it looks at.
 *
 * @param workspace the workspace id
 * @param owner the owner's distinguished name
 * @param leaseEnds as it stood when the guest was started, to the second; the journal knows of
 *     later extensions
 * @param serviceInstance the identity of the service's database that ordered the guest
 */
public record GuestMetadata(
    UUID workspace, String owner, Instant leaseEnds, String serviceInstance) {
  public GuestMetadata {
    Objects.requireNonNull(workspace, "workspace");
    XmlText.require("owner", owner);
    leaseEnds = leaseEnds.truncatedTo(ChronoUnit.SECONDS);
    XmlText.require("service instance", serviceInstance);
  }
}
