package org.hospes.service.endpoint;

import java.time.Clock;
import java.util.Optional;
import java.util.function.Supplier;
import org.hospes.service.workspace.AskedMessage;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.wire.security.CallContext;

/**
 * The signed message of a call, for what it asks to keep it: a boot that comes of it names it in
 * its receipt.
 */
final class KeptMessages {
  /** Real ones have a tenth of it; they are kept for ever. */
  private static final int LONGEST = 160 << 10;

  private final Supplier<CallContext> call;
  private final Clock clock;

  KeptMessages(Supplier<CallContext> call, Clock clock) {
    this.call = call;
    this.clock = clock;
  }

  /**
   * The message of this thread's call.
   *
   * @param runs whether it asks for the guest to run
   * @throws org.hospes.service.workspace.RefusedException when it is longer than is kept
   */
  AskedMessage of(String verb, WorkspaceId id, boolean runs) {
    CallContext context = call.get();
    byte[] message = context.signedMessage();
    if (message.length > LONGEST) {
      throw Refusal.of(
              Refusal.Category.INVALID,
              "message.too-large",
              "a message for this is at most " + LONGEST + " bytes, found " + message.length)
          .advice("send it without blanks between its elements")
          .toException();
    }
    return new AskedMessage(
        id, verb, runs, clock.instant(), Optional.of(context.caller().dn()), message);
  }
}
