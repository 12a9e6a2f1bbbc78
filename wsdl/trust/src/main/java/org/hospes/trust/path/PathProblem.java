package org.hospes.trust.path;

/**
 * One reason why a chain is not trusted.
 *
 * @param code stable and dotted: {@code path.revoked}, {@code path.expired}, {@code
 *     path.ca.unknown}, {@code path.crl.missing}, {@code path.crl.expired}, {@code path.namespace},
 *     {@code path.proxy}, {@code path.voms}, {@code path.other}
 * @param position index of the certificate in the chain, or -1 for the chain as a whole
 * @param message for people: which certificate, what was expected and found
 */
public record PathProblem(String code, int position, String message) {}
