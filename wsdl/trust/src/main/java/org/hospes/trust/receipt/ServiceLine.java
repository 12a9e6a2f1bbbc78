package org.hospes.trust.receipt;

import java.util.UUID;

/** A line of the service's own chain. */
public sealed interface ServiceLine extends ReceiptLine, SignedLine permits Head, Enrolment {
  /** Its place in the service's chain, from 1. */
  long seq();

  /** Hash of the line before. */
  String previous();

  /** In slash form. */
  String service();

  /** In slash form. */
  String node();

  /** The node's chain. */
  UUID chain();
}
