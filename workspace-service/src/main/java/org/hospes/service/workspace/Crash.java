package org.hospes.service.workspace;

import java.time.Instant;

/**
 * A panic of a guest's kernel.
 *
 * @param console the last lines of its console, as the node told them
 */
public record Crash(Instant at, String console) {}
