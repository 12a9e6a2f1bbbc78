package org.hospes.service.endpoint;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.hospes.contract.workspace.Explain;
import org.hospes.contract.workspace.PolicyFunction;
import org.hospes.image.ImageReference;
import org.hospes.service.admission.Decision;
import org.hospes.service.admission.Explanation;
import org.hospes.service.admission.FqanPattern;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Resources;
import org.hospes.trust.path.DistinguishedName;

/** Messages about decisions, to records and back. */
final class Explaining {
  private static final int LONGEST = 4096;

  private Explaining() {}

  /**
   * Reads a question.
   *
   * @throws org.hospes.service.workspace.RefusedException INVALID, naming the field
   */
  static Explanation.Question read(Explain xml) {
    List<String> fqans = new ArrayList<>();
    xml.getFqan().forEach(text -> fqans.add(parsed("fqan", text, FqanPattern::attribute)));
    return new Explanation.Question(
        Optional.ofNullable(xml.getImage()).map(t -> parsed("image", t, ImageReference::parse)),
        parsed("resources", "", any -> resources(xml)),
        parsed("leaseSeconds", "", any -> lease(xml)),
        Optional.ofNullable(xml.getDn()).map(t -> parsed("dn", t, DistinguishedName::parse)),
        fqans);
  }

  private static Resources resources(Explain xml) {
    return new Resources(xml.getCpus(), xml.getMemoryBytes(), xml.getScratchBytes());
  }

  private static Optional<Duration> lease(Explain xml) {
    Long seconds = xml.getLeaseSeconds();
    if (seconds != null && (seconds < 1 || seconds > DeployReading.LONGEST_LEASE)) {
      throw new IllegalArgumentException(
          "expected 1 to " + DeployReading.LONGEST_LEASE + ", found " + seconds);
    }
    return Optional.ofNullable(seconds).map(Duration::ofSeconds);
  }

  private static <T> T parsed(String field, String text, Function<String, T> parser) {
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException e) {
      throw Refusal.of(Refusal.Category.INVALID, "request.invalid", field + ": " + e.getMessage())
          .fact(field, e.getMessage())
          .toException();
    }
  }

  /** Writes a decision. */
  static org.hospes.contract.workspace.Decision written(Decision decision) {
    org.hospes.contract.workspace.Decision xml = new org.hospes.contract.workspace.Decision();
    xml.setFunction(PolicyFunction.valueOf(decision.function().name()));
    xml.setAccepted(decision.accepted());
    xml.setRule(bounded(decision.rule().id()));
    xml.setSource(bounded(decision.rule().source()));
    xml.setPolicy(decision.policy().toString());
    decision
        .refusal()
        .ifPresent(
            refusal -> {
              xml.setCode(refusal.code());
              xml.setMessage(bounded(refusal.message()));
            });
    return xml;
  }

  /** A rule's name may hold as many names as an operator wrote into it. */
  private static String bounded(String text) {
    return text.length() <= LONGEST ? text : text.substring(0, LONGEST - 3) + "...";
  }
}
