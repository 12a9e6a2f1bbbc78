package org.hospes.node.sandbox;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.hospes.node.journal.JournalWatcher;

/** Dies once, and lets nobody write afterwards, as nobody would after kill -9. */
final class Killer implements JournalWatcher {
  final CountDownLatch dead = new CountDownLatch(1);
  private final List<String> begun = new CopyOnWriteArrayList<>();
  private final Map<String, Integer> seen = new ConcurrentHashMap<>();
  private final List<Point> points;

  /**
   * One point of one story.
   *
   * @param time how often the write was begun by then
   */
  record Point(Teller.Story story, String when, String write, int time) {
    @Override
    public String toString() {
      return story + " killed " + when + " " + write + (time > 1 ? ", time " + time : "");
    }
  }

  /** Thrown at the point; nothing in the agent catches it, so its thread is gone. */
  static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  /** At this point, or nowhere. */
  Killer(Optional<Point> point) {
    this(point.stream().toList());
  }

  /** At the first of these; whoever is started after it is killed at the second, and so on. */
  Killer(List<Point> points) {
    this.points = points;
  }

  /** Who watches the agent that is started after this one. */
  Optional<Killer> next() {
    return Optional.of(left()).filter(more -> !more.isEmpty()).map(Killer::new);
  }

  /** The points at which nobody was killed yet. */
  List<Point> left() {
    return dead.getCount() == 0 ? points.subList(1, points.size()) : points;
  }

  /** The writes that were begun, in their order. */
  List<String> begun() {
    return List.copyOf(begun);
  }

  @Override
  public void before(String write) {
    begun.add(write);
    at("before", write);
  }

  @Override
  public void after(String write) {
    at("after", write);
  }

  /** Whether it was at this write that it died. */
  boolean diedAt(String when, String write) {
    return dead.getCount() == 0
        && points.get(0).when().equals(when)
        && points.get(0).write().equals(write);
  }

  private void at(String when, String write) {
    int time = seen.merge(write, when.equals("before") ? 1 : 0, Integer::sum);
    boolean here =
        points.stream()
            .limit(1)
            .anyMatch(p -> p.when().equals(when) && p.write().equals(write) && p.time() == time);
    if (here || dead.getCount() == 0) {
      dead.countDown();
      throw new Killed();
    }
  }
}
