package org.hospes.service.endpoint;

import java.util.Optional;
import java.util.stream.Collectors;
import org.hospes.contract.workspace.ListWorkspaces;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.WorkspaceFilter;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.path.DistinguishedName;

/** What a list is to show: stubs to records; what does not make sense is refused. */
final class ListReading {
  private ListReading() {}

  /**
   * Empty when it asks for somebody else's, which for this caller do not exist.
   *
   * @param scope whose workspaces the caller sees; empty for everybody's
   */
  static Optional<WorkspaceFilter> filter(
      Optional<DistinguishedName> scope, ListWorkspaces request) {
    Optional<DistinguishedName> asked =
        Optional.ofNullable(request.getOwner()).map(ListReading::owner);
    if (scope.isPresent() && asked.isPresent() && !scope.equals(asked)) {
      return Optional.empty();
    }
    return Optional.of(
        new WorkspaceFilter(
            scope.or(() -> asked),
            request.getState().stream()
                .map(s -> State.valueOf(s.name()))
                .collect(Collectors.toSet()),
            Optional.ofNullable(request.getName()),
            request.isEnded()));
  }

  /** After which workspace the page begins. */
  static Optional<WorkspaceId> after(ListWorkspaces request) {
    return Optional.ofNullable(request.getPageToken()).map(ListReading::pageToken);
  }

  private static DistinguishedName owner(String text) {
    try {
      return DistinguishedName.parse(text);
    } catch (IllegalArgumentException e) {
      throw Refusal.of(Refusal.Category.INVALID, "request.invalid", "owner: " + e.getMessage())
          .fact("owner", e.getMessage())
          .toException();
    }
  }

  private static WorkspaceId pageToken(String text) {
    try {
      return WorkspaceId.parse(text);
    } catch (IllegalArgumentException e) {
      throw Refusal.of(
              Refusal.Category.INVALID, "request.invalid", "pageToken: not one of this service's")
          .fact("pageToken", "a token from an answer expected, found " + text)
          .toException();
    }
  }
}
