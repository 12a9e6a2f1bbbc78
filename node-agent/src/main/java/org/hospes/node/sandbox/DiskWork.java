package org.hospes.node.sandbox;

import java.util.Optional;
import org.hospes.node.disk.DiskException;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.Failure.Category;

/** Work on disks, whose failures are what became of a guest. */
final class DiskWork {
  interface Asking<T> {
    T of() throws DiskException;
  }

  interface Doing {
    void of() throws DiskException;
  }

  private DiskWork() {}

  static <T> T ask(Asking<T> asking) throws GuestFailedException {
    try {
      return asking.of();
    } catch (DiskException e) {
      throw failed(e);
    }
  }

  static void take(Doing doing) throws GuestFailedException {
    try {
      doing.of();
    } catch (DiskException e) {
      throw failed(e);
    }
  }

  static GuestFailedException failed(DiskException e) {
    boolean full = e.code().equals(DiskException.NO_SPACE);
    return new GuestFailedException(
        new Failure(
            full ? Category.NO_CAPACITY : Category.SITE,
            e.code(),
            e.getMessage(),
            Optional.empty(),
            e.facts()),
        e.code().equals(DiskException.FAILED) || e.code().equals(DiskException.ABANDONED),
        e);
  }
}
