package org.hospes.node.hypervisor;

/**
 * The unprivileged user that guests run as.
 *
 * @param uid numeric user id, not 0
 * @param gid numeric group id
 */
public record GuestOwner(int uid, int gid) {
  public GuestOwner {
    if (uid <= 0 || gid < 0) {
      throw new IllegalArgumentException(
          "guests run as an unprivileged user, not as " + uid + ":" + gid);
    }
  }
}
