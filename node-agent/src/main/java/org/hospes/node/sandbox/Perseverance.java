package org.hospes.node.sandbox;

import java.time.Duration;
import org.hospes.image.ImageRefusedException;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.imagecache.Verdicts;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.Goal;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HookName;

/**
 * What becomes of a guest when a step of its way did not work: it is tried again, it rests as it
 * was, or it is given up, which throws its disk away.
 */
final class Perseverance {
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);

  private Perseverance() {}

  /** Whether a guest wrote to its disk, which is then kept until its lease ends. */
  private static boolean keeps(GuestRecord record) {
    return record.ran()
        && (record.goal() == Goal.STOPPED
            || record.goal() == Goal.SUSPENDED
            || !record.has(HookName.RESUMED));
  }

  /** Whether it is the image that is refused, and not what the guest left of its own. */
  static boolean isOfImage(Failure failure) {
    return failure.category() == Failure.Category.IMAGE_REFUSED
        && failure.code().startsWith("image.");
  }

  /** Whether nobody decided it: a list of revocations that came late says nothing for good. */
  private static boolean passes(GuestFailedException e) {
    return e.getCause() instanceof ImageRefusedException refused && !Verdicts.isFinal(refused);
  }

  /** A domain of somebody else's has its name: whoever made it takes it away again. */
  private static boolean isInTheWay(GuestFailedException e) {
    return e.getCause() instanceof HypervisorException found
        && found.kind() == HypervisorException.Kind.CONFLICT;
  }

  /**
   * Whether a guest that ran is stopped, or suspended, as it was before, since somebody refuses its
   * image: who put that right starts it again, and nothing that it wrote is lost.
   */
  static boolean restsOn(GuestRecord record, Step step, GuestFailedException e) {
    return step instanceof Step.Do
        && record.seal().isPresent()
        && record.failure().isEmpty()
        && record.goal() != Goal.REMOVED
        && keeps(record)
        && isOfImage(e.failure())
        && !e.worthRepeating()
        && !passes(e);
  }

  /**
   * Whether the step is tried again.
   *
   * @param failing how long it has failed
   * @param patience for guests that have nothing to lose
   */
  static boolean triesAgain(
      GuestRecord record, GuestFailedException e, Duration failing, Duration patience) {
    boolean keeps = keeps(record);
    boolean again =
        e.worthRepeating()
            || (keeps && (passes(e) || isInTheWay(e) || e.failure().category().mayPass()));
    return again && (keeps || failing.compareTo(patience) < 0);
  }

  /** How long to wait before a step is tried again. */
  static Duration pauseAfter(int failures) {
    Duration pause = Duration.ofMillis(250L << Math.min(failures - 1, 10));
    return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
  }
}
