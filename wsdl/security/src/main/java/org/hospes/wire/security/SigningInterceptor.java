package org.hospes.wire.security;

import java.util.function.Supplier;
import org.apache.cxf.interceptor.Fault;
import org.apache.cxf.message.Message;
import org.apache.cxf.phase.AbstractPhaseInterceptor;
import org.apache.cxf.phase.Phase;
import org.hospes.wire.refusal.RefusalException;

/** Gives each message the credential in force, so that a renewed one is taken up at once. */
final class SigningInterceptor extends AbstractPhaseInterceptor<Message> {
  private final Supplier<CredentialCrypto> crypto;

  private SigningInterceptor(String phase, Supplier<CredentialCrypto> crypto) {
    super(phase);
    this.crypto = crypto;
  }

  static SigningInterceptor incoming(Supplier<CredentialCrypto> crypto) {
    return new SigningInterceptor(Phase.PRE_STREAM, crypto);
  }

  static SigningInterceptor outgoing(Supplier<CredentialCrypto> crypto) {
    return new SigningInterceptor(Phase.SETUP, crypto);
  }

  @Override
  public void handleMessage(Message message) {
    try {
      SecurityProperties.sign(message, crypto.get());
    } catch (RefusalException e) {
      throw new Fault(e);
    }
  }
}
