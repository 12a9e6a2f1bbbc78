package org.hospes.service.endpoint;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.hospes.service.admission.Rights;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.service.workspace.WorkspaceRepository;
import org.hospes.trust.caller.Caller;

/** Finds the workspace that a caller means. Somebody else's does not exist for them. */
final class Lookup {
  private static final int ENOUGH_TO_BE_AMBIGUOUS = 10;

  private final WorkspaceRepository workspaces;
  private final Rights rights;

  Lookup(WorkspaceRepository workspaces, Rights rights) {
    this.workspaces = workspaces;
    this.rights = rights;
  }

  Workspace byId(Caller caller, String id) {
    WorkspaceId parsed;
    try {
      parsed = WorkspaceId.parse(id == null ? "" : id);
    } catch (IllegalArgumentException e) {
      throw Refusal.of(Refusal.Category.INVALID, "request.invalid", "id: " + e.getMessage())
          .fact("id", e.getMessage())
          .toException();
    }
    return workspaces
        .find(parsed)
        .filter(w -> rights.mayHandle(caller, w))
        .orElseThrow(() -> notFound(id));
  }

  /** By id, the beginning of one, or a name; the living before the ended. */
  Workspace byText(Caller caller, String text) {
    if (text == null || text.isBlank()) {
      throw Refusal.of(Refusal.Category.INVALID, "request.invalid", "id: an id or a name expected")
          .fact("id", "an id or a name expected, found nothing")
          .toException();
    }
    List<Workspace> found = workspaces.matching(text, rights.scope(caller), ENOUGH_TO_BE_AMBIGUOUS);
    return only(text, found.stream().filter(w -> w.id().toString().equals(text)).toList())
        .or(() -> only(text, found.stream().filter(w -> named(text, w) && !w.ended()).toList()))
        .or(() -> only(text, found.stream().filter(w -> !w.ended()).toList()))
        .or(() -> only(text, found))
        .orElseThrow(() -> notFound(text));
  }

  private static boolean named(String text, Workspace workspace) {
    return workspace.name().equals(text);
  }

  private static Optional<Workspace> only(String text, List<Workspace> candidates) {
    if (candidates.size() > 1) {
      throw Refusal.of(
              Refusal.Category.CONFLICT,
              "workspace.ambiguous",
              text
                  + " may mean several workspaces: "
                  + candidates.stream()
                      .map(w -> w.id().toString())
                      .collect(Collectors.joining(", ")))
          .advice("give more of the id")
          .toException();
    }
    return candidates.stream().findFirst();
  }

  private static RefusedException notFound(String text) {
    return Refusal.of(
            Refusal.Category.NOT_FOUND, "workspace.not-found", "you have no workspace " + text)
        .advice("see what you have: workspace list")
        .fact("id", text)
        .toException();
  }
}
