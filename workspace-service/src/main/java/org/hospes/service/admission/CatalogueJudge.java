package org.hospes.service.admission;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.image.catalogue.Catalogue;
import org.hospes.image.catalogue.CatalogueEntry;
import org.hospes.image.catalogue.CatalogueFormat;
import org.hospes.service.workspace.Refusal;

/**
 * Whether a catalogue, whose signature was found good, is to be believed: a repository can withhold
 * but not forge, move names or roll back.
 */
public final class CatalogueJudge {
  private static final Duration CLOCK_TOLERANCE = Duration.ofMinutes(5);

  private final CatalogueMemory memory;
  private final Clock clock;

  public CatalogueJudge(CatalogueMemory memory, Clock clock) {
    this.memory = memory;
    this.clock = clock;
  }

  /**
   * Accepts a catalogue and remembers it, or refuses it.
   *
   * @throws org.hospes.service.workspace.RefusedException with what was expected and found
   */
  public synchronized Catalogue accept(Catalogue catalogue) {
    if (!clock.instant().isBefore(catalogue.validUntil())) {
      throw refuse("image.catalogue.stale", "the repository's catalogue is out of date")
          .fact("validUntil", catalogue.validUntil())
          .fact("now", clock.instant())
          .advice(
              "ask the repository's operators; until then name the image by its digest,"
                  + " NAME@sha256:...")
          .toException();
    }
    if (catalogue.at().isAfter(clock.instant().plus(CLOCK_TOLERANCE))) {
      throw refuse("image.catalogue.future", "the repository's catalogue was signed in the future")
          .fact("signedAt", catalogue.at())
          .fact("now", clock.instant())
          .advice("set the clocks of repository and service")
          .toException();
    }
    CatalogueMemory.Accepted candidate =
        new CatalogueMemory.Accepted(catalogue.serial(), content(catalogue));
    Optional<CatalogueMemory.Accepted> known = memory.highest();
    long highest = known.map(CatalogueMemory.Accepted::serial).orElse(0L);
    if (catalogue.serial() < highest) {
      throw refuse(
              "image.catalogue.rolled-back",
              "the repository's catalogue is older than one it gave before")
          .fact("expectedSerialAtLeast", highest)
          .fact("foundSerial", catalogue.serial())
          .advice("the repository was restored or tampered with: ask its operators")
          .toException();
    }
    // A restored repository counts on from where its copy stood, and comes by the same serial
    // again.
    if (catalogue.serial() == highest && !known.equals(Optional.of(candidate))) {
      throw refuse(
              "image.catalogue.rolled-back",
              "the repository gave serial " + highest + " to two different catalogues")
          .fact("serial", highest)
          .fact("expected", known.get().content())
          .fact("found", candidate.content())
          .fact("signedAt", catalogue.at())
          .advice("the repository was restored or tampered with: ask its operators")
          .toException();
    }
    if (known.equals(Optional.of(candidate))) {
      return catalogue;
    }
    Map<String, CatalogueMemory.Meaning> names = new LinkedHashMap<>();
    for (CatalogueEntry entry : catalogue.entries()) {
      names.put(entry.label(), new CatalogueMemory.Meaning(entry.digest(), entry.retiredAt()));
    }
    memory.names().forEach((label, before) -> requireKept(label, before, names.get(label)));
    memory.remember(candidate, names);
    return catalogue;
  }

  /** Since when a disk is retired under every name it was ever seen by; empty when it is not. */
  public Optional<Instant> retired(Digest digest) {
    List<CatalogueMemory.Meaning> meanings =
        memory.names().values().stream().filter(m -> m.digest().equals(digest)).toList();
    return meanings.stream().allMatch(m -> m.retiredAt().isPresent())
        ? meanings.stream().flatMap(m -> m.retiredAt().stream()).max(Comparator.naturalOrder())
        : Optional.empty();
  }

  /** A name once published stays, means the same, and stays retired once it is. */
  private static void requireKept(
      String label, CatalogueMemory.Meaning before, CatalogueMemory.Meaning now) {
    String advice = "a published version never changes: ask the repository's operators";
    if (now == null) {
      throw refuse(
              "image.catalogue.name-missing",
              "the repository's catalogue leaves out " + label + ", which it had before")
          .fact("image", label)
          .fact("expected", before.digest())
          .fact("found", "nothing")
          .advice(advice)
          .toException();
    }
    if (!before.digest().equals(now.digest())) {
      throw refuse(
              "image.catalogue.name-moved",
              "the repository's catalogue gives " + label + " other bytes than it did before")
          .fact("image", label)
          .fact("expected", before.digest())
          .fact("found", now.digest())
          .advice(advice)
          .toException();
    }
    if (before.retiredAt().isPresent() && now.retiredAt().isEmpty()) {
      throw refuse(
              "image.catalogue.unretired",
              "the repository's catalogue offers " + label + " again, which was retired")
          .fact("image", label)
          .fact("expected", "retired at " + before.retiredAt().get())
          .fact("found", "not retired")
          .advice("retired once is retired for ever: ask the repository's operators")
          .toException();
    }
  }

  private static Digest content(Catalogue catalogue) {
    try {
      return Digest.sha256(
          MessageDigest.getInstance("SHA-256").digest(CatalogueFormat.write(catalogue)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static Refusal refuse(String code, String message) {
    return Refusal.of(Refusal.Category.IMAGE_REFUSED, code, message);
  }
}
