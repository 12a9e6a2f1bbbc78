package org.hospes.node.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.hospes.node.hypervisor.ConsoleOutput;
import org.hospes.node.hypervisor.ConsoleSource;
import org.hospes.node.hypervisor.GuestEnd;
import org.hospes.node.hypervisor.GuestSpec;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.JournalEntry;
import org.hospes.node.journal.OnCrash;

/**
 * What becomes of a guest that is gone by itself. One that rebooted starts again from its own disk,
 * as one that crashed does if it was ordered so; one that does it over and over is given up. A
 * guest that powered itself off has done its job, and of one whose end nobody saw nothing better is
 * known.
 */
final class Comebacks {
  static final int MOST = 3;
  static final Duration WITHIN = Duration.ofMinutes(10);
  private static final int TAIL_BYTES = 8 << 10;
  private static final int TAIL_LINES = 100;
  private static final int MOST_LOOKS = 5;

  private final Hypervisor hypervisor;
  private final GuestFolders folders;
  private final Clock clock;

  Comebacks(Hypervisor hypervisor, GuestFolders folders, Clock clock) {
    this.hypervisor = hypervisor;
    this.folders = folders;
    this.clock = clock;
  }

  /** What the journal is to say of it. */
  JournalEntry judge(GuestRecord record, GuestEnd how) {
    Instant now = clock.instant();
    return switch (how) {
      case POWERED_OFF -> new JournalEntry.Ended(now, "the guest stopped by itself");
      case UNSEEN -> new JournalEntry.Ended(now, "the guest stopped by itself; how was not seen");
      case REBOOTED ->
          often(record, now)
              ? new JournalEntry.Failed(now, givenUp("guest.reboots", "rebooted itself"))
              : new JournalEntry.StartsAgain(now, "the guest rebooted itself", Optional.empty());
      case CRASHED -> crashed(record, now);
      case NEVER_BOOTED ->
          new JournalEntry.Failed(
              now,
              Failure.of(
                      Failure.Category.SITE,
                      "guest.boot.nothing",
                      "the boot loader found nothing to boot on the guest's first disk")
                  .advice(
                      "see its console for what was tried; an image for this site has a grub.cfg,"
                          + " and a kernel that it names, on one of its first four partitions")
                  .fact("console", lastLines(record)));
    };
  }

  private JournalEntry crashed(GuestRecord record, Instant now) {
    String console = lastLines(record);
    if (record.order().onCrash() == OnCrash.END) {
      return new JournalEntry.Failed(
          now,
          Failure.of(Failure.Category.SITE, "guest.crashed", "the guest's kernel panicked")
              .advice("see its console; --on-crash restart has such a guest started again")
              .fact("console", console));
    }
    return often(record, now)
        ? new JournalEntry.Failed(now, givenUp("guest.crashes", "crashed").fact("console", console))
        : new JournalEntry.StartsAgain(now, "the guest crashed", Optional.of(console));
  }

  private static boolean often(GuestRecord record, Instant now) {
    return record.comebacks().stream().filter(at -> at.isAfter(now.minus(WITHIN))).count() >= MOST;
  }

  private static Failure givenUp(String code, String did) {
    return Failure.of(
            Failure.Category.SITE,
            code,
            "the guest "
                + did
                + " and was started again "
                + MOST
                + " times in "
                + WITHIN.toMinutes()
                + " minutes; now it "
                + did
                + " once more")
        .fact("expected", "at most " + MOST + " in " + WITHIN.toMinutes() + " minutes")
        .fact("found", Integer.toString(MOST + 1));
  }

  /** Where the console ends, once nothing more comes; how a guest crashed is said last. */
  private long settledEnd(ConsoleSource source) throws HypervisorException {
    long end = hypervisor.readConsole(source, Long.MAX_VALUE, 1).offset();
    try {
      for (int looks = 0; looks < MOST_LOOKS; looks++) {
        TimeUnit.MILLISECONDS.sleep(hypervisor.consoleLag().toMillis());
        long now = hypervisor.readConsole(source, Long.MAX_VALUE, 1).offset();
        if (now == end) {
          return end;
        }
        end = now;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return end;
  }

  private String lastLines(GuestRecord record) {
    ConsoleSource source =
        new ConsoleSource(record.id(), GuestSpec.nameOf(record.id()), folders.console(record.id()));
    try {
      long end = settledEnd(source);
      ConsoleOutput tail =
          hypervisor.readConsole(source, Math.max(0, end - TAIL_BYTES), TAIL_BYTES);
      // Of what the guest wrote only what a journal, a message and a terminal can carry.
      String text =
          new String(tail.bytes(), UTF_8)
              .replaceAll("[\\p{Cntrl}&&[^\\n\\t]]", "")
              .replaceAll("[^\\n\\t\\x20-\\x7e\\xa0-\\x{d7ff}]", "?");
      List<String> lines = text.lines().toList();
      return lines.stream()
          .skip(Math.max(0, lines.size() - TAIL_LINES))
          .collect(Collectors.joining("\n"));
    } catch (HypervisorException e) {
      return "the console cannot be read: " + e.getMessage();
    }
  }
}
