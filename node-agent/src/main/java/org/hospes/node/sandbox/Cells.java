package org.hospes.node.sandbox;

import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** One cell for each guest that is spoken of; two for one guest never. Safe for many threads. */
final class Cells {
  private final ConcurrentHashMap<UUID, Cell> cells = new ConcurrentHashMap<>();

  /** What is done with a cell while its monitor is held. */
  interface Work<T, E extends Exception> {
    T on(Cell cell) throws E;
  }

  /** Does something under the monitor of a guest's cell, which is made when there is none. */
  <T, E extends Exception> T with(UUID id, Work<T, E> work) throws E {
    while (true) {
      Cell cell = cells.computeIfAbsent(id, Cell::new);
      synchronized (cell) {
        // It may have been dropped before its monitor was had; then it is nobody's.
        if (cells.get(id) == cell) {
          return work.on(cell);
        }
      }
    }
  }

  Optional<Cell> find(UUID id) {
    return Optional.ofNullable(cells.get(id));
  }

  Collection<Cell> all() {
    return cells.values();
  }

  /** Waits until nobody works on any guest, or the time is over. */
  boolean settled(Duration within) throws InterruptedException {
    long end = System.nanoTime() + within.toNanos();
    for (Cell cell : cells.values()) {
      synchronized (cell) {
        while (cell.busy) {
          long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
          if (left <= 0) {
            return false;
          }
          cell.wait(left);
        }
      }
    }
    return true;
  }

  /** Forgets a cell whose monitor is held. */
  void drop(Cell cell) {
    cells.remove(cell.id, cell);
  }
}
