package org.hospes.client;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A workspace as {@code show -o json} prints it; scripts rely on these names.
 *
 * @param reason a sentence on why it is in this state
 * @param refusal why it failed; null unless it did
 * @param node null until it is placed
 * @param address of the guest behind the node's NAT; null until it is known
 * @param onCrash END or RESTART; null when the site does not say
 * @param crash the last one after which the guest was started again; null when there was none
 * @param virtualOrganisation null when the owner named none
 * @param snapshots of its disk, the oldest first
 * @param savedDisk its disk as one file that can be fetched; null when there is none
 * @param setback why nothing came of what was asked last, though it goes on as it was; null if all
 *     is well
 * @param migration from which node to which it is on its way; null when it is not
 * @param leftOn nodes that still have to remove what it left there
 * @param imageRefusal why its image would be refused now, so that it does not boot again; null when
 *     it would not
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record WorkspaceView(
    String id,
    String name,
    String state,
    String goal,
    String reason,
    RefusalView refusal,
    Image image,
    int cpus,
    long memoryBytes,
    long scratchBytes,
    String node,
    String address,
    List<Forward> forwards,
    String owner,
    String virtualOrganisation,
    Instant leaseEnds,
    String onCrash,
    Crash crash,
    List<Moment> timeline,
    List<Snapshot> snapshots,
    SavedDisk savedDisk,
    RefusalView setback,
    Migration migration,
    List<String> leftOn,
    RefusalView imageRefusal) {

  /** The image as it was pinned at admission. */
  public record Image(String name, String digest, String signer, String form) {}

  /** A panic of the guest's kernel, with the last lines of its console. */
  public record Crash(Instant at, String console) {}

  /** A port of the node that leads to the guest. */
  public record Forward(String hostAddress, Integer hostPort, int guestPort) {}

  /**
   * One step of its life.
   *
   * @param note null when there is nothing to add
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Moment(String state, Instant at, String note) {}

  /**
   * A copy of its disk, and of its memory if it was suspended.
   *
   * @param bytes what it took on its node
   * @param current whether the workspace is stopped or suspended and what it left is the very same
   * @param memory whether its memory is in it: taken back to it, the workspace is suspended
   */
  public record Snapshot(
      String name, Instant takenAt, long bytes, boolean current, boolean memory) {}

  /**
   * A way from node to node.
   *
   * @param cold whether it is stopped and started; else its memory goes along
   */
  public record Migration(String from, String to, boolean cold, Instant since) {}

  /** Its disk as one file, until it runs again or anything is done with its snapshots. */
  public record SavedDisk(Instant madeAt, long bytes, String digest) {}

  /** Why a site refused. */
  public record RefusalView(
      String category, String code, String message, String advice, Map<String, String> facts) {}

  /** It will change no more. */
  public boolean ended() {
    return state.equals("DESTROYED") || state.equals("FAILED");
  }

  /** The beginning of the id, enough for people. */
  public String shortId() {
    return id.substring(0, 8);
  }
}
