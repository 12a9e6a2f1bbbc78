package org.hospes.node.hypervisor;

import java.nio.file.Path;
import java.util.Objects;
import java.util.UUID;

/**
 * Where a guest's console output is kept, as its {@link GuestSpec} said; known also after it ended.
 *
 * @param id the guest's
 * @param name the domain's name, by which some hypervisors name the log
 * @param log the path of {@link GuestSpec#consoleLog()}
 */
public record ConsoleSource(UUID id, String name, Path log) {
  public ConsoleSource {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(log, "log");
  }

  /** Of a guest started from this specification. */
  public static ConsoleSource of(GuestSpec spec) {
    return new ConsoleSource(spec.id(), spec.name(), spec.consoleLog());
  }
}
