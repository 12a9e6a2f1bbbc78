package org.hospes.repo.endpoint;

import org.hospes.contract.common.FaultCategory;
import org.hospes.repo.refusal.RepositoryRefusal;
import org.hospes.wire.refusal.RefusalException;

/** The one translation of this repository's refusals to what travels. */
final class RefusalTranslation {
  private RefusalTranslation() {}

  static RefusalException translate(RepositoryRefusal refusal) {
    RefusalException translated =
        RefusalException.of(category(refusal.kind()), refusal.code(), refusal.getMessage())
            .facts(refusal.facts())
            .reference(refusal.reference())
            .causedBy(refusal);
    return refusal.advice().map(translated::advice).orElse(translated);
  }

  private static FaultCategory category(RepositoryRefusal.Kind kind) {
    return switch (kind) {
      case INVALID -> FaultCategory.INVALID;
      case NOT_FOUND -> FaultCategory.NOT_FOUND;
      case NOT_ALLOWED -> FaultCategory.NOT_ALLOWED;
      case IMAGE_REFUSED -> FaultCategory.IMAGE_REFUSED;
      case CONFLICT -> FaultCategory.CONFLICT;
      case NO_CAPACITY -> FaultCategory.NO_CAPACITY;
    };
  }
}
