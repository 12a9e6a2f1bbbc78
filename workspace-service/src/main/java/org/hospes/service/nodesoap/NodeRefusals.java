package org.hospes.service.nodesoap;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.hospes.contract.common.Fact;
import org.hospes.contract.common.FaultCategory;
import org.hospes.service.workspace.Refusal;
import org.hospes.wire.refusal.RefusalException;

/** Refusals of nodes, stubs to records; and those that nodes are told, back. */
final class NodeRefusals {
  private NodeRefusals() {}

  static RefusalException onTheWire(Refusal refusal) {
    RefusalException wire =
        RefusalException.of(
                FaultCategory.valueOf(refusal.category().name()), refusal.code(), refusal.message())
            .facts(refusal.facts());
    return refusal.advice().isPresent() ? wire.advice(refusal.advice().get()) : wire;
  }

  static Refusal read(org.hospes.contract.common.Refusal xml) {
    Map<String, String> facts = new LinkedHashMap<>();
    for (Fact fact : xml.getFact()) {
      if (fact.getName() != null && fact.getValue() != null) {
        facts.put(fact.getName(), fact.getValue());
      }
    }
    return new Refusal(
        xml.getCategory() == null
            ? Refusal.Category.SITE
            : Refusal.Category.valueOf(xml.getCategory().name()),
        Optional.ofNullable(xml.getCode()).orElse("node.unknown"),
        Optional.ofNullable(xml.getMessage()).orElse("the node refused without a reason"),
        Optional.ofNullable(xml.getAdvice()),
        facts);
  }
}
