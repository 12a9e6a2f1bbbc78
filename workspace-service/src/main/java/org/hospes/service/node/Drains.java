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
   */
  record Drain(String node, DistinguishedName by, Instant since) {}

  /** All of them, by node. */
  Map<String, Drain> all();

  /**
   * A node shall take no new workspaces; those on it are not touched. Durable when it returns;
   * again, the first one stands.
   */
  Drain drain(String node, DistinguishedName by, Instant now);

  /** It takes them again; durable when it returns. Of a node that is not drained: nothing. */
  void undrain(String node);
}
