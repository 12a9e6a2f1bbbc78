package org.hospes.node.journal;

/**
 * What a disk of a guest was when the guest had stopped.
 *
 * @param name of the file in the guest's folder
 * @param sha256 hexadecimal, of the file's bytes
 */
public record SealedDisk(String name, long bytes, String sha256) {}
