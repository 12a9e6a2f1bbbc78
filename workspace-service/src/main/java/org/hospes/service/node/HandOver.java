package org.hospes.service.node;

import java.util.List;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.service.workspace.Forward;
import org.hospes.service.workspace.Snapshot;
import org.hospes.trust.path.DistinguishedName;

/**
 * What one node leaves to another, in its own words. The service passes it on as it is; the other
 * node believes it only as far as the files that it fetches agree with it.
 *
 * @param wish of the migration
 * @param to the one host that may fetch the files
 * @param suspended whether it goes on from its memory; false: it is off
 * @param platform what it runs on, as in the facts of the node
 * @param machine what its memory is written for, as in the facts of the node
 * @param address of the guest; one that is suspended keeps it
 * @param mac of the guest
 * @param gateway of the guest's network
 * @param forwards with the ports that the node chose
 * @param files to fetch
 * @param snapshots that go along
 */
public record HandOver(
    String wish,
    DistinguishedName to,
    boolean suspended,
    String platform,
    Optional<String> machine,
    String address,
    String mac,
    String gateway,
    List<Forward> forwards,
    List<File> files,
    List<Snapshot> snapshots) {
  public HandOver {
    forwards = List.copyOf(forwards);
    files = List.copyOf(files);
    snapshots = List.copyOf(snapshots);
  }

  /**
   * A file that the other node fetches.
   *
   * @param name {@code overlay}, {@code memory}, {@code snapshot/NAME/overlay}
   */
  public record File(String name, long bytes, Digest digest) {}
}
