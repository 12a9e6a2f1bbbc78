package org.hospes.service.node;

import java.time.Duration;
import java.util.Optional;
import org.hospes.image.SignedImage;
import org.hospes.service.workspace.Dossier;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.path.DistinguishedName;

/**
 * What is asked of a node. Every call can be repeated: it is keyed by the workspace's id, and asks
 * for an end, not for a change. A call returns soon; work that takes long goes on at the node, and
 * the phase of the guest tells how far it is. A call that is given time to wait returns as soon as
 * the guest has left the phase of being worked on, or with the guest as it is when the time is
 * over; a node may answer earlier. Safe for use by many threads.
 */
public interface NodeGateway {
  /**
   * Fetch and verify the image, make disks and sandbox. Ends in PREPARED or FAILED.
   *
   * @param wait for the guest to be PREPARING no longer
   */
  Guest prepare(Node node, Workspace workspace, Dossier dossier, Duration wait)
      throws NodeUnreachableException, NodeRefusedException;

  /**
   * Boot what was prepared or stopped, let go on what was paused or suspended. Ends in RUNNING or
   * FAILED, or as it was when its node refuses its image.
   *
   * @param papers the image's as others speak for it now; empty: as the node was told last
   * @param wait for the guest to be STARTING no longer
   */
  Guest start(Node node, WorkspaceId id, Optional<SignedImage> papers, Duration wait)
      throws NodeUnreachableException, NodeRefusedException;

  /**
   * Have the processors of a guest that runs stand still. Ends in PAUSED; start lets them run on.
   *
   * @param wait for the guest to be RUNNING no longer
   */
  Guest pause(Node node, WorkspaceId id, Duration wait)
      throws NodeUnreachableException, NodeRefusedException;

  /**
   * Have the guest's memory written to its node's disk, and the guest gone. Ends in SUSPENDED;
   * start lets it go on from there.
   *
   * @param wait for the guest to be SUSPENDING no longer
   */
  Guest suspend(Node node, WorkspaceId id, Duration wait)
      throws NodeUnreachableException, NodeRefusedException;

  /**
   * Have the guest power itself off, or end it after a time; keep its disks. Ends in STOPPED.
   *
   * @param grace how long it has
   * @param wait for the guest to be STOPPING no longer
   */
  Guest stop(Node node, WorkspaceId id, Duration grace, Duration wait)
      throws NodeUnreachableException, NodeRefusedException;

  /**
   * Do with a snapshot, or with the disk, of a guest that is stopped or suspended what the
   * workspace's goal and wish say. Ends in STOPPED or SUSPENDED, with an outcome of that wish; told
   * again, it is not done again.
   *
   * @param wait for the guest to be COPYING no longer
   */
  Guest snapshot(Node node, Workspace workspace, Duration wait)
      throws NodeUnreachableException, NodeRefusedException;

  /**
   * Let another node copy the files of a guest that will be left to it. It stays in its phase.
   *
   * @param wish that of the hand-over; taking that back ends this
   * @param to the host that may copy
   */
  Guest offer(Node node, WorkspaceId id, String wish, DistinguishedName to)
      throws NodeUnreachableException, NodeRefusedException;

  /**
   * Copy the files of a guest that another node offers; nothing of it counts before it is received.
   *
   * @param source the node that offers them
   * @param wish that of the offer
   * @return whether its disks are copied as they stood, or no more of them comes
   */
  boolean expect(Node node, Workspace workspace, Dossier dossier, Node source, String wish)
      throws NodeUnreachableException, NodeRefusedException;

  /**
   * Leave a guest that is STOPPED or SUSPENDED to another node: from now on nothing is done with it
   * here, and that node may fetch its files. It stays in its phase, with a {@link HandOver}.
   *
   * @param wish names this; told again, it is not done again
   * @param to the host that may fetch
   */
  Guest handOver(Node node, WorkspaceId id, String wish, DistinguishedName to)
      throws NodeUnreachableException, NodeRefusedException;

  /** End a hand-over: the guest may go on here. Of another wish than that in force: nothing. */
  Guest takeBack(Node node, WorkspaceId id, String wish)
      throws NodeUnreachableException, NodeRefusedException;

  /**
   * Take a guest over: verify its image here, fetch its files. Ends in STOPPED or SUSPENDED, as it
   * was, or FAILED; it never starts by itself.
   *
   * @param source the node that leaves it
   * @param handOver as that node said
   * @param wait for the guest to be RECEIVING no longer
   */
  Guest receive(
      Node node,
      Workspace workspace,
      Dossier dossier,
      Node source,
      HandOver handOver,
      Duration wait)
      throws NodeUnreachableException, NodeRefusedException;

  /**
   * End the guest and undo all that was made for it. Ends in ABSENT, also if never prepared.
   *
   * @param wait for the guest to be REMOVING no longer
   */
  Guest remove(Node node, WorkspaceId id, Duration wait)
      throws NodeUnreachableException, NodeRefusedException;

  /** How far it is. ABSENT when the node does not know it. */
  Guest inspect(Node node, WorkspaceId id) throws NodeUnreachableException, NodeRefusedException;

  /** The same, once the guest is in another phase than the known one or the time is over. */
  Guest inspect(Node node, WorkspaceId id, GuestPhase known, Duration wait)
      throws NodeUnreachableException, NodeRefusedException;

  /** A piece of the guest's console, from that byte on, not more than that many bytes. */
  ConsoleChunk readConsole(Node node, WorkspaceId id, long offset, int maxBytes)
      throws NodeUnreachableException, NodeRefusedException;
}
