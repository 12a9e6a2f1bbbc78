package org.hospes.service.workspace;

import java.util.Locale;
import java.util.UUID;

/** The identity of a workspace; also the UUID of its guest's domain, and the key of node calls. */
public record WorkspaceId(UUID value) implements Comparable<WorkspaceId> {
  /**
   * Reads the lower-case form of a UUID.
   *
   * @throws IllegalArgumentException saying what was expected and found
   */
  public static WorkspaceId parse(String text) {
    try {
      UUID uuid = UUID.fromString(text);
      if (uuid.toString().equals(text.toLowerCase(Locale.ROOT))) {
        return new WorkspaceId(uuid);
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("not a workspace id (a UUID): " + text, e);
    }
    throw new IllegalArgumentException("not a workspace id (a UUID): " + text);
  }

  @Override
  public int compareTo(WorkspaceId other) {
    return toString().compareTo(other.toString());
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
