package org.hospes.node.journal;

import java.util.Optional;
import org.hospes.image.Digest;

/**
 * The signed message behind something, as the service tells of it.
 *
 * @param message its digest
 * @param asker who signed it, in slash form; empty when the service does not say
 */
public record AskedBy(Digest message, Optional<String> asker) {}
