package org.hospes.node.servicesoap;

import java.util.List;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.node.receipt.ReceiptReference;
import org.hospes.node.sandbox.GuestView;

/** What a node says of itself; asked anew for every heartbeat. */
public interface NodeSight {
  /** What does not change while the agent runs. */
  Fixed fixed();

  long diskFreeBytes();

  /** Of this node's own copy of the image policy. */
  Digest policyDigest();

  /** The images in its cache. */
  List<Digest> images();

  /** Those that no papers speak for any more: kept apart, never booted. */
  List<Digest> quarantined();

  List<GuestView> guests();

  /** The last batch of its receipts; empty before the first. */
  Optional<ReceiptReference> receiptHead();

  /** What an operator should know. */
  List<String> warnings();

  /**
   * What does not change.
   *
   * @param name as the service's list has it
   * @param agentAddress where the service reaches the agent
   * @param hypervisor for people
   * @param capabilities what may be asked of its guests: stop
   * @param cpus that guests may have together
   * @param memoryBytes that guests may have together
   * @param diskBytes that images and disks may have together
   * @param forwardAddress where forwards are reached
   * @param version of the agent
   * @param platform what its guests run on
   * @param machine what the memory of its guests is written for; empty where it goes nowhere
   */
  record Fixed(
      String name,
      String agentAddress,
      String hypervisor,
      List<String> capabilities,
      int cpus,
      long memoryBytes,
      long diskBytes,
      String forwardAddress,
      String version,
      String platform,
      Optional<String> machine) {}
}
