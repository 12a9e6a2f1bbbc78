package org.hospes.node.hypervisor;

import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * A guest that exists on the hypervisor.
 *
 * @param id workspace id and domain UUID
 * @param name the domain's
 * @param devices names of its network interfaces on the node, which rules are keyed by
 * @param metadata what was written into the domain when it was started
 */
public record GuestStatus(
    UUID id, String name, GuestState state, List<String> devices, GuestMetadata metadata) {
  public GuestStatus {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(state, "state");
    Objects.requireNonNull(metadata, "metadata");
    devices = List.copyOf(devices);
  }
}
