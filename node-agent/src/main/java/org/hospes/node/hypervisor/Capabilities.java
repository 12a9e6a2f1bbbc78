package org.hospes.node.hypervisor;

import java.util.Optional;
import java.util.Set;

/**
 * What the hypervisor of this node is and can do.
 *
 * @param hypervisor for people and heartbeats: "QEMU 7.2.22 (tcg)", "Xen 4.17 (pv)"
 * @param cpus processors of the machine
 * @param memoryBytes memory of the machine, or as much of it as guests can have where the
 *     hypervisor divides it
 * @param cpuShares whether weights between guests are kept, as far as is known: the first guest
 *     that asks for a weight may show that they are not
 * @param holdsFiles whether guests hold files at all; false only for hypervisors that run nothing
 * @param readOnlyDisks whether guests see a disk that they can only read; without, the seed is one
 *     that they can write to as well
 * @param abilities what it can do with a guest that runs, beyond what every hypervisor can
 * @param platform what guests' disks are made for, in one word: qemu, xen-pv
 * @param machine what their memory is written for: hypervisor, version, processor. A memory can be
 *     used where the very same is said; empty where it can be used nowhere else.
 * @param limits what guests can be held to, as far as is known: {@link Hypervisor#requireLimits}
 *     tells for sure
 * @param guestOwner whom guests' own disks must belong to; empty where the device model is root's
 */
public record Capabilities(
    String hypervisor,
    int cpus,
    long memoryBytes,
    boolean cpuShares,
    boolean holdsFiles,
    boolean readOnlyDisks,
    Set<Ability> abilities,
    String platform,
    Optional<String> machine,
    Set<Limit> limits,
    Optional<GuestOwner> guestOwner) {
  public Capabilities {
    abilities = Set.copyOf(abilities);
    limits = Set.copyOf(limits);
  }

  /** The same with other abilities. */
  public Capabilities with(Set<Ability> others) {
    return new Capabilities(
        hypervisor,
        cpus,
        memoryBytes,
        cpuShares,
        holdsFiles,
        readOnlyDisks,
        others,
        platform,
        machine,
        limits,
        guestOwner);
  }
}
