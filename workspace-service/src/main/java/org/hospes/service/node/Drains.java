package org.hospes.service.node;

import java.time.Instant;
import java.util.Map;
import org.hospes.trust.path.DistinguishedName;

/**
 * The nodes that take no new workspaces, because an operator wants them empty. Known by name,
 * whether they are registered or not; survives restarts. Safe for use by many threads.
 */
public interface Drains {
  /**
   * That a node takes no new workspaces.
   *
   * @param by who said so first
   * @param migrate whether what is on it shall go elsewhere
   */
  record Drain(String node, DistinguishedName by, Instant since, boolean migrate) {}

  /** All of them, by node. */
  Map<String, Drain> all();

  /**
   * A node shall take no new workspaces. Durable when it returns; again, the first one stands.
   *
   * @param migrate whether those on it shall go elsewhere, too; false does not take that back
   */
  Drain drain(String node, DistinguishedName by, Instant now, boolean migrate);

  /** It takes them again; durable when it returns. Of a node that is not drained: nothing. */
  void undrain(String node);
}
