package org.hospes.node.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.hospes.node.disk.DiskException;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.hypervisor.GuestDisk;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.Failure.Category;
import org.hospes.node.journal.GuestOrder;

/** Disks whose copying may be held up, cut off or short of room. */
final class WatchedDisks implements DiskMaker {
  private final DiskMaker plain = new TestNode.PlainDisks();
  final AtomicInteger copies = new AtomicInteger();
  final AtomicInteger dieAt = new AtomicInteger(-1);
  final AtomicLong room = new AtomicLong(1L << 40);
  final AtomicBoolean otherBase = new AtomicBoolean();
  volatile CountDownLatch hold = new CountDownLatch(0);

  @Override
  public GuestDisk overlay(Path file, DiskLayer base, long virtualBytes)
      throws GuestFailedException {
    if (otherBase.get()) {
      throw GuestFailedException.refused(
          Failure.of(Category.SITE, DiskException.CONFLICT, "another disk"));
    }
    return plain.overlay(file, base, virtualBytes);
  }

  @Override
  public GuestDisk scratch(Path file, long bytes) throws GuestFailedException {
    return plain.scratch(file, bytes);
  }

  @Override
  public void seed(Path file, GuestOrder order) throws GuestFailedException {
    plain.seed(file, order);
  }

  @Override
  public void copy(Path from, Path to, boolean writable, BooleanSupplier abandoned)
      throws GuestFailedException {
    int number = copies.incrementAndGet();
    try {
      if (number == dieAt.get()) {
        // Half of it was written.
        Files.write(to, new byte[7]);
        throw new Killer.Killed();
      }
      while (!hold.await(10, TimeUnit.MILLISECONDS)) {
        if (abandoned.getAsBoolean()) {
          throw new GuestFailedException(
              Failure.of(Category.SITE, DiskException.ABANDONED, "given up"), true, null);
        }
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
    plain.copy(from, to, writable, abandoned);
  }

  @Override
  public void flatten(Path overlay, Path to, long virtualBytes, BooleanSupplier abandoned)
      throws GuestFailedException {
    plain.flatten(overlay, to, virtualBytes, abandoned);
  }

  @Override
  public long flatBytes(Path overlay) throws GuestFailedException {
    return plain.flatBytes(overlay);
  }

  @Override
  public boolean rebase(Path overlay, DiskLayer base, long virtualBytes)
      throws GuestFailedException {
    return plain.rebase(overlay, base, virtualBytes);
  }

  @Override
  public void adopt(Path fetched, Path place, boolean writable) throws GuestFailedException {
    plain.adopt(fetched, place, writable);
  }

  @Override
  public long taken(Path file) throws GuestFailedException {
    return plain.taken(file);
  }

  @Override
  public long room(Path folder) {
    return room.get();
  }
}
