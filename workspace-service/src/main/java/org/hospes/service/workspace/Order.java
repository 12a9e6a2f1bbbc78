package org.hospes.service.workspace;

import java.util.List;
import org.hospes.image.Digest;

/**
 * What was asked for and accepted. Never changes, but for the end of the lease.
 *
 * @param name for people; not unique
 * @param clientToken chosen by the client; with the owner's DN it names this order
 * @param requestDigest of everything the client asked, to tell a repeated request from another one
 * @param forwards as asked, before a node chose ports
 */
public record Order(
    String name,
    Owner owner,
    String clientToken,
    Digest requestDigest,
    ImagePin image,
    Resources resources,
    List<Forward> forwards,
    OnCrash onCrash,
    Lease lease) {
  public Order {
    forwards = List.copyOf(forwards);
  }

  /** The same with another lease. */
  Order withLease(Lease other) {
    return new Order(
        name, owner, clientToken, requestDigest, image, resources, forwards, onCrash, other);
  }
}
