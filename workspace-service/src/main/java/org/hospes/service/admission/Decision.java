package org.hospes.service.admission;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.service.workspace.Refusal;

/**
 * What a policy says, and by which of its rules.
 *
 * @param policy SHA-256 of the file that held the rules
 * @param mapfile SHA-256 of the grid-mapfile, where the rule asked it
 * @param refusal empty when accepted
 */
public record Decision(
    Function function,
    RuleName rule,
    Digest policy,
    Optional<Digest> mapfile,
    Optional<Refusal> refusal) {
  /** Which of the two policies it is. */
  public enum Function {
    /** Who may run. */
    RUN,
    /** Which image may boot. */
    IMAGE
  }

  /** Whether it may be. */
  public boolean accepted() {
    return refusal.isEmpty();
  }

  /**
   * This one, if it accepts.
   *
   * @throws org.hospes.service.workspace.RefusedException otherwise, with the rule among its facts
   */
  public Decision orThrow() {
    if (refusal.isPresent()) {
      throw told().orElseThrow().toException();
    }
    return this;
  }

  /** The refusal with the rule among its facts. */
  public Optional<Refusal> told() {
    return refusal.map(
        r -> {
          Map<String, String> all = new LinkedHashMap<>(r.facts());
          facts().forEach(all::putIfAbsent);
          return new Refusal(r.category(), r.code(), r.message(), r.advice(), all);
        });
  }

  /** The rule, where it stands, and in which version of the files, for the audit log. */
  public Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("rule", rule.id());
    facts.put("source", rule.source());
    facts.put("policy", policy.toString());
    mapfile.ifPresent(digest -> facts.put("mapfile", digest.toString()));
    return facts;
  }
}
