package org.hospes.node.disk;

import java.io.IOException;
import java.nio.file.Path;
import org.hospes.node.hypervisor.DiskLayer;

/** An overlay that another node made: a stranger's, until its header is known. */
public final class ForeignOverlay {
  private ForeignOverlay() {}

  /**
   * Has an overlay that was made on another machine stand on this machine's base. It must be a
   * plain overlay of a file of the same name, which is the image's digest; no tool opens it before
   * that is known, and none is needed to change it.
   *
   * @return whether the file was changed; it is synced then
   * @throws DiskException {@link DiskException#CONFLICT} when it is anything else
   */
  public static boolean rebase(Path overlay, DiskLayer base, long virtualBytes)
      throws DiskException {
    OverlayHeader found;
    try {
      found = OverlayHeader.readPlain(overlay);
    } catch (IOException e) {
      throw GuestDisks.conflict(overlay, "a plain qcow2 overlay", e.getMessage());
    }
    OverlayHeader expected = GuestDisks.onBase(base, virtualBytes);
    if (!found.equals(expected.on(found.backingFile()))
        || !found.backingName().equals(expected.backingName())) {
      throw GuestDisks.conflict(overlay, expected.toString(), found.toString());
    }
    if (found.equals(expected)) {
      return false;
    }
    try {
      OverlayHeader.rename(overlay, expected.backingFile());
    } catch (IOException e) {
      throw GuestDisks.failed(overlay, e);
    }
    GuestDisks.requireOverlay(overlay, base, virtualBytes);
    return true;
  }
}
