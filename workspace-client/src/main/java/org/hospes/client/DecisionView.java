package org.hospes.client;

/**
 * What a policy of the site says, as {@code policy explain -o json} prints it; scripts rely on
 * these names.
 *
 * @param function {@code RUN}: who may run what; {@code IMAGE}: whether the image may boot
 * @param source file and line of the rule
 * @param policy SHA-256 of that file; null where no file says it
 * @param code why not; null when accepted
 */
public record DecisionView(
    String function,
    boolean accepted,
    String rule,
    String source,
    String policy,
    String code,
    String message) {}
