package org.hospes.service.workspace;

import java.time.Instant;
import org.hospes.image.Digest;

/**
 * The disk of a workspace that is stopped as one file that stands on nothing, made of its image and
 * of what the guest wrote; its node keeps it until the guest runs again, or anything is done with
 * its snapshots.
 *
 * @param bytes of the file
 * @param digest SHA-256 of the file
 */
public record FlatDisk(Instant madeAt, long bytes, Digest digest) {}
