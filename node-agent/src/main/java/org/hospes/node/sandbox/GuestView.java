package org.hospes.node.sandbox;

import java.util.Optional;
import java.util.UUID;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestRecord;

/**
 * A guest as the service may know it.
 *
 * @param record empty when it is absent
 * @param progress while bytes move
 * @param setback why its start came to nothing, though it is kept: it rests as it was, or while it
 *     is {@link GuestPhase#STARTING} it is tried again
 * @param imageRefusal why its image would be refused now, by the newest papers that the node has
 */
public record GuestView(
    UUID id,
    GuestPhase phase,
    Optional<GuestRecord> record,
    Optional<TransferProgress> progress,
    Optional<Failure> setback,
    Optional<Failure> imageRefusal) {}
