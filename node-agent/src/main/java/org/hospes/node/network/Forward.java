package org.hospes.node.network;

/**
 * A TCP port of the node that leads to a port of the guest.
 *
 * @param hostAddress where people connect
 */
public record Forward(String hostAddress, int hostPort, int guestPort) {}
