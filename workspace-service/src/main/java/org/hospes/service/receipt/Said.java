package org.hospes.service.receipt;

import java.time.Instant;
import java.util.UUID;

/**
 * A line of the service's own chain.
 *
 * @param seq its place there, from 1
 * @param at when it was signed
 * @param chain the node's chain that it is about
 * @param to of a head: the last receipt that it covers; 0 for an enrolment
 * @param subject of a head the hash of the batch, of an enrolment the digest of the node's papers
 * @param signer digest of the service's papers
 * @param line its bytes, without a line feed
 */
public record Said(
    long seq, Instant at, UUID chain, long to, String subject, String signer, byte[] line) {}
