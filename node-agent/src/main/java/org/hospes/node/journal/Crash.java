package org.hospes.node.journal;

import java.time.Instant;

/**
 * A panic of a guest's kernel.
 *
 * @param at when the agent saw it
 * @param console the last lines of its console, without control characters
 */
public record Crash(Instant at, String console) {}
