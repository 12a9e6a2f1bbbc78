package org.hospes.node.journal;

import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A page of the journal that was damaged. It lies beside the others under a name that says when it
 * was found, and is never deleted by the agent: it may hold the only trace of an order.
 *
 * @param id of the guest whose page it was
 * @param page where it lies now
 * @param problem what is wrong with it, for people
 */
public record SetAside(UUID id, Path page, String problem) {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);
  private static final Pattern NAME =
      Pattern.compile("([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\\.journal\\.damaged-.+");

  public SetAside {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(page, "page");
    Objects.requireNonNull(problem, "problem");
  }

  /** Where a page goes that is found damaged now. */
  static Path nameFor(Path page, Instant now) {
    return page.resolveSibling(page.getFileName() + ".damaged-" + TIME.format(now));
  }

  /** One that an earlier start set aside; empty when the file is something else. */
  static Optional<SetAside> earlier(Path file) {
    Matcher name = NAME.matcher(file.getFileName().toString());
    return name.matches()
        ? Optional.of(
            new SetAside(UUID.fromString(name.group(1)), file, "found at an earlier start"))
        : Optional.empty();
  }

  /** For a service that asks for this guest again. */
  public Failure failure() {
    return Failure.of(
            Failure.Category.SITE,
            "guest.journal-damaged",
            "what this node knew of the workspace is damaged; its remains are kept")
        .fact("workspace", id.toString())
        .advice("deploy it anew; it gets another id");
  }

  /** One line for operators: what happened, and what to do. */
  public String warning() {
    return "workspace "
        + id
        + ": its journal page is damaged ("
        + problem
        + ") and was set aside as "
        + page
        + "; its domain is ended, its disk is kept; when nobody needs them any more, move the page"
        + " out of the journal, delete the workspace's folder, and start the agent again";
  }
}
