package org.hospes.service.endpoint;

import org.hospes.contract.common.FaultCategory;
import org.hospes.service.workspace.Refusal;
import org.hospes.wire.refusal.RefusalException;

/** Refusals as they travel. */
final class Refused {
  private Refused() {}

  static RefusalException onTheWire(Refusal refusal) {
    RefusalException wire =
        RefusalException.of(
                FaultCategory.valueOf(refusal.category().name()), refusal.code(), refusal.message())
            .facts(refusal.facts());
    return refusal.advice().isPresent() ? wire.advice(refusal.advice().get()) : wire;
  }
}
