package org.hospes.service.workspace;

import java.time.Instant;
import java.util.Optional;

/**
 * Something that happened to a workspace.
 *
 * @param what a {@link State}'s name, or a finer point told by the node: {@code VERIFIED}
 * @param note for people
 */
public record Moment(String what, Instant at, Optional<String> note) {}
