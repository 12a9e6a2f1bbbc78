package org.hospes.node.sandbox;

/**
 * How far it is copied what another node is about to leave.
 *
 * @param copied whether its disks are here as they stood, or nothing more of them comes: there is
 *     nothing to be gained by waiting
 * @param bytes how many are here
 */
public record Ahead(boolean copied, long bytes) {}
