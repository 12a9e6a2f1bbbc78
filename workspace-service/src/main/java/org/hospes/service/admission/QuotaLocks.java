package org.hospes.service.admission;

import java.util.function.Supplier;
import org.hospes.service.workspace.Owner;

/**
 * Lets what counts against one quota be decided one after the other, or two could share the last of
 * it. The lock of a person always comes before that of a virtual organisation, so that nobody waits
 * for each other. Only deployments take them: nothing else makes what counts more.
 */
final class QuotaLocks {
  private static final int STRIPES = 64;

  private final Object[] people = locks();
  private final Object[] organisations = locks();

  /**
   * Looks and saves with no other deployment of the same person between.
   *
   * @param together whether those of the same virtual organisation wait as well
   */
  <T> T alone(Owner owner, boolean together, Supplier<T> lookAndSave) {
    synchronized (people[stripe(owner.dn())]) {
      if (!together || owner.virtualOrganisation().isEmpty()) {
        return lookAndSave.get();
      }
      synchronized (organisations[stripe(owner.virtualOrganisation().get())]) {
        return lookAndSave.get();
      }
    }
  }

  private static int stripe(Object name) {
    return Math.floorMod(name.hashCode(), STRIPES);
  }

  private static Object[] locks() {
    Object[] locks = new Object[STRIPES];
    for (int i = 0; i < STRIPES; i++) {
      locks[i] = new Object();
    }
    return locks;
  }
}
