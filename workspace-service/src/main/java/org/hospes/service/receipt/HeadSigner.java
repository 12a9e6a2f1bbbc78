package org.hospes.service.receipt;

import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.hospes.service.workspace.Refusal;
import org.hospes.trust.credential.CredentialSource;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.receipt.LineSigner;
import org.hospes.trust.receipt.MalformedLineException;
import org.hospes.trust.receipt.ReceiptLine;
import org.hospes.trust.receipt.ServiceLine;

/**
 * The service's key of this moment, its name and its clock.
 *
 * @param service in slash form
 */
record HeadSigner(LineSigner key, String service, Instant now) {
  /** By the host's credential as it is now. */
  static HeadSigner of(CredentialSource host, Clock clock) {
    var credential = host.current();
    return new HeadSigner(
        new LineSigner(credential),
        DistinguishedName.ofSubject(credential.leaf()).slash(),
        clock.instant().truncatedTo(ChronoUnit.MILLIS));
  }

  /** The same at a time that is not before another: the service's chain never goes back. */
  HeadSigner notBefore(Instant earliest) {
    return now.isBefore(earliest) ? new HeadSigner(key, service, earliest) : this;
  }

  /** One chain has one service: nobody could verify it by a name otherwise. */
  static void requireSameService(Said last, String service) {
    String before;
    try {
      before = ((ServiceLine) ReceiptLine.read(last.line())).service();
    } catch (MalformedLineException e) {
      throw new IllegalStateException(
          "line " + last.seq() + " of the service's chain is damaged: " + e.getMessage(), e);
    }
    if (!before.equals(service)) {
      throw Refusal.of(
              Refusal.Category.SITE,
              "receipts.service-renamed",
              "receipts were countersigned by " + before + ", and this service is " + service)
          .advice("give the service a host certificate of the name it had, or a new database")
          .fact("expected", before)
          .fact("found", service)
          .toException();
    }
  }
}
