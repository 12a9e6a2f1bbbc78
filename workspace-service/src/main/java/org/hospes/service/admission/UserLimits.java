package org.hospes.service.admission;

import java.time.Duration;

/**
 * How much one person may have at once.
 *
 * @param memoryBytes of all their guests together
 * @param lease of one workspace
 */
public record UserLimits(int workspaces, int cpus, long memoryBytes, Duration lease) {}
