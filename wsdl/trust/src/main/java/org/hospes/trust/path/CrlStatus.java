package org.hospes.trust.path;

import java.nio.file.Path;
import java.time.Instant;

/**
 * How fresh one CRL is.
 *
 * @param issuer the CA that signed it
 * @param file where it stands
 * @param thisUpdate when it was made
 * @param nextUpdate after it, every login under this CA fails; null when the CRL names none
 */
public record CrlStatus(
    DistinguishedName issuer, Path file, Instant thisUpdate, Instant nextUpdate) {}
