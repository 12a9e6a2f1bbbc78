package org.hospes.node.imagecache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;

/**
 * The directories from a folder up to the root: when nobody but root and the agent can write to any
 * of them, nobody else can put another file or directory in the place of one that was looked at.
 */
final class GuardedWay {
  private static final int OTHERS_WRITE = 0002;
  private static final int GROUP_WRITES = 0020;

  /** Only the owner of what is in such a directory may rename or delete it. */
  private static final int STICKY = 01000;

  private GuardedWay() {}

  /**
   * Looks at each of them as it is now; symbolic links on the way are resolved first.
   *
   * @throws IOException when somebody else could write to one; the message says which, and the mend
   */
  static void require(Path folder) throws IOException {
    Object agent = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    for (Path at = folder.toRealPath(); at != null; at = at.getParent()) {
      Map<String, Object> seen =
          Files.readAttributes(at, "unix:uid,gid,mode", LinkOption.NOFOLLOW_LINKS);
      int mode = (Integer) seen.get("mode");
      boolean owned = seen.get("uid").equals(agent) || seen.get("uid").equals(0);
      boolean others = (mode & OTHERS_WRITE) != 0;
      boolean group = (mode & GROUP_WRITES) != 0 && !seen.get("gid").equals(0);
      if (!owned || ((others || group) && (mode & STICKY) == 0)) {
        throw new IOException(
            at
                + ": on the way to the image cache "
                + folder
                + " nobody but root and the agent (uid "
                + agent
                + ") may write, found owner "
                + seen.get("uid")
                + ", mode "
                + Integer.toOctalString(mode & 07777)
                + "; mend it with chown and chmod go-w, or set the cache's directory elsewhere");
      }
    }
  }
}
