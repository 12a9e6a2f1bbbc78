package org.hospes.node.sandbox;

import java.util.Optional;
import java.util.UUID;
import org.hospes.node.journal.GuestRecord;

/**
 * A guest as the service may know it.
 *
 * @param record empty when it is absent
 * @param progress while bytes move
 */
public record GuestView(
    UUID id, GuestPhase phase, Optional<GuestRecord> record, Optional<TransferProgress> progress) {}
