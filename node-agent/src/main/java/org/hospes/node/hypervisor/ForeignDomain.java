package org.hospes.node.hypervisor;

/**
 * A domain of the machine that Hospes did not make.
 *
 * @param uuid as the hypervisor writes it
 */
public record ForeignDomain(String uuid, String name) {}
