package org.hospes.service.admission;

import org.hospes.trust.caller.Caller;

/**
 * Who asks, and by which message.
 *
 * @param messageId of the signed message, for the audit log
 */
public record Applicant(Caller caller, String messageId, String remoteAddress) {}
