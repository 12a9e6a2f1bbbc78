package org.hospes.wire.refusal;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.hospes.contract.common.Fact;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.common.Refusal;

/**
 * No, with the reason and what to do about it. Travels as the typed SOAP fault {@code refused}; its
 * category decides the client's exit code.
 *
 * <p>Immutable: {@link #advice(String)}, {@link #fact(String, Object)} and {@link
 * #reference(String)} return a new exception with the same stack trace and cause.
 */
public final class RefusalException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What the contract allows in one refusal; later facts are dropped. */
  private static final int MOST_FACTS = 64;

  private final FaultCategory category;
  private final String code;
  private final String advice;
  private final String reference;
  private final LinkedHashMap<String, String> facts;

  private RefusalException(
      FaultCategory category,
      String code,
      String message,
      String advice,
      String reference,
      Map<String, String> facts,
      Throwable cause) {
    super(message, cause);
    this.category = Objects.requireNonNull(category, "category");
    this.code = Objects.requireNonNull(code, "code");
    this.advice = advice;
    this.reference = reference;
    this.facts = new LinkedHashMap<>(facts);
  }

  /**
   * @param code stable and dotted: {@code image.signer.untrusted}
   * @param message for people: what was expected and what was found
   */
  public static RefusalException of(FaultCategory category, String code, String message) {
    return new RefusalException(category, code, message, null, null, Map.of(), null);
  }

  /** What the person can do about it. */
  public RefusalException advice(String text) {
    return with(text, reference, facts, getCause());
  }

  /** One more fact; null values are left out. */
  public RefusalException fact(String name, Object value) {
    if (value == null) {
      return this;
    }
    Map<String, String> more = new LinkedHashMap<>(facts);
    more.put(name, value.toString());
    return with(advice, reference, more, getCause());
  }

  /** All these facts besides those it has. */
  public RefusalException facts(Map<String, String> more) {
    Map<String, String> all = new LinkedHashMap<>(facts);
    all.putAll(more);
    return with(advice, reference, all, getCause());
  }

  /** Names the line of the site's audit log that holds the rest. */
  public RefusalException reference(String value) {
    return with(advice, value, facts, getCause());
  }

  /** What made it so; stays on this side of the wire. */
  public RefusalException causedBy(Throwable cause) {
    return with(advice, reference, facts, cause);
  }

  private RefusalException with(
      String advice, String reference, Map<String, String> facts, Throwable cause) {
    RefusalException copy =
        new RefusalException(category, code, getMessage(), advice, reference, facts, cause);
    copy.setStackTrace(getStackTrace());
    return copy;
  }

  public FaultCategory category() {
    return category;
  }

  public String code() {
    return code;
  }

  public Optional<String> advice() {
    return Optional.ofNullable(advice);
  }

  public Optional<String> reference() {
    return Optional.ofNullable(reference);
  }

  /** In the order they were given. */
  public Map<String, String> facts() {
    return java.util.Collections.unmodifiableMap(facts);
  }

  /** The detail of the SOAP fault. */
  public Refusal toXml() {
    Refusal xml = new Refusal();
    xml.setCategory(category);
    xml.setCode(code);
    xml.setMessage(XmlText.clean(getMessage()));
    xml.setAdvice(XmlText.clean(advice));
    xml.setReference(reference);
    facts.entrySet().stream()
        .limit(MOST_FACTS)
        .forEach(
            entry -> {
              Fact fact = new Fact();
              fact.setName(XmlText.clean(entry.getKey()));
              fact.setValue(XmlText.clean(entry.getValue()));
              xml.getFact().add(fact);
            });
    return xml;
  }

  /** What arrived in a fault; a category this side does not know counts as the site's failure. */
  public static RefusalException fromXml(Refusal xml) {
    Map<String, String> facts = new LinkedHashMap<>();
    for (Fact fact : xml.getFact()) {
      if (fact.getName() != null && fact.getValue() != null) {
        facts.put(fact.getName(), fact.getValue());
      }
    }
    return new RefusalException(
        xml.getCategory() == null ? FaultCategory.SITE : xml.getCategory(),
        xml.getCode() == null ? "site.unknown" : xml.getCode(),
        xml.getMessage() == null ? "refused without a reason" : xml.getMessage(),
        xml.getAdvice(),
        xml.getReference(),
        facts,
        null);
  }
}
