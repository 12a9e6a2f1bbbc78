package org.hospes.client;

import java.net.URI;
import java.time.Instant;
import java.util.List;

/**
 * A site's nodes and what its operator should know.
 *
 * @param now the service's clock
 */
public record NodesView(
    List<Node> nodes,
    String servicePolicyDigest,
    List<String> warnings,
    URI repositoryAddress,
    Instant now) {

  /**
   * One cluster node.
   *
   * @param lastHeard null when it never registered
   * @param drained null when it takes new workspaces
   * @param capabilities what may be asked of guests there beyond deploy and destroy: stop, pause,
   *     attach, snapshot, suspend, migrate
   * @param policyDrifted its image policy is not the service's
   */
  public record Node(
      String name,
      String dn,
      boolean alive,
      Instant lastHeard,
      Drain drained,
      String hypervisor,
      List<String> capabilities,
      int cpus,
      int cpusFree,
      long memoryBytes,
      long memoryFreeBytes,
      long diskFreeBytes,
      int workspaces,
      List<String> images,
      String policyDigest,
      boolean policyDrifted) {}

  /**
   * That a node takes no new workspaces: by whose word, and since when.
   *
   * @param migrates whether those on it are moved to others
   */
  public record Drain(String by, Instant since, boolean migrates) {}
}
