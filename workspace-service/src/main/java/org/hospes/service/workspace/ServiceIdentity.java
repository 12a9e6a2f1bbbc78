package org.hospes.service.workspace;

import java.util.UUID;

/**
 * Which database this is, and how far it has come. Nodes remember both: another instance, or an
 * epoch lower than before, means that the database was lost or restored, and nothing is reaped.
 *
 * @param epoch grows with every saved move
 */
public record ServiceIdentity(UUID instance, long epoch) {}
