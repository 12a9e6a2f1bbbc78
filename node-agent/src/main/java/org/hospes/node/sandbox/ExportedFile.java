package org.hospes.node.sandbox;

import java.nio.file.Path;

/**
 * A file that somebody may fetch.
 *
 * @param file where it lies; no link
 * @param bytes how long it must be
 * @param sha256 what it must be, in hexadecimal digits
 */
public record ExportedFile(Path file, long bytes, String sha256) {}
