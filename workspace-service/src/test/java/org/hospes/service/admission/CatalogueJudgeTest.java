package org.hospes.service.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.image.catalogue.Catalogue;
import org.hospes.image.catalogue.CatalogueEntry;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.SettableClock;
import org.junit.jupiter.api.Test;

class CatalogueJudgeTest {
  private final SettableClock clock = new SettableClock(Sample.START);
  private final CatalogueMemory memory = new InMemoryCatalogueMemory();
  private final CatalogueJudge judge = new CatalogueJudge(memory, clock);

  @Test
  void whatIsAcceptedIsRemembered() {
    judge.accept(catalogue(4, entry("sl6", "1", Sample.digest(1))));
    assertEquals(4, memory.highest().orElseThrow().serial());
    assertEquals(
        Map.of("sl6:1", new CatalogueMemory.Meaning(Sample.digest(1), Optional.empty())),
        memory.names());
  }

  @Test
  void theSameSerialIsAcceptedAgainALowerOneNever() {
    judge.accept(catalogue(4));
    judge.accept(catalogue(4));
    Refusal refusal = refused(catalogue(3));
    assertEquals("image.catalogue.rolled-back", refusal.code());
    assertEquals("4", refusal.facts().get("expectedSerialAtLeast"));
    assertEquals("3", refusal.facts().get("foundSerial"));
  }

  @Test
  void theSameSerialWithAnotherListIsARollBack() {
    judge.accept(catalogue(4, entry("sl6", "1", Sample.digest(1))));
    Refusal refusal = refused(catalogue(4));
    assertEquals("image.catalogue.rolled-back", refusal.code());
    assertEquals("4", refusal.facts().get("serial"));
    Catalogue signedAgain =
        new Catalogue(
            4,
            Sample.START.plusSeconds(1),
            Sample.START.plus(Duration.ofHours(1)),
            List.of(entry("sl6", "1", Sample.digest(1))));
    assertEquals("image.catalogue.rolled-back", refused(signedAgain).code());
  }

  @Test
  void aNameThatMovedIsRefusedAlsoAfterARestart() {
    judge.accept(catalogue(4, entry("sl6", "1", Sample.digest(1))));
    Catalogue moved = catalogue(5, entry("sl6", "1", Sample.digest(2)));
    Refusal refusal =
        assertThrows(RefusedException.class, () -> new CatalogueJudge(memory, clock).accept(moved))
            .refusal();
    assertEquals("image.catalogue.name-moved", refusal.code());
    assertEquals(Sample.digest(1).toString(), refusal.facts().get("expected"));
    assertEquals(Sample.digest(2).toString(), refusal.facts().get("found"));
    assertEquals(4, memory.highest().orElseThrow().serial());
  }

  @Test
  void aNameThatIsLeftOutIsRefused() {
    judge.accept(catalogue(4, entry("sl6", "1", Sample.digest(1))));
    Refusal refusal = refused(catalogue(5));
    assertEquals("image.catalogue.name-missing", refusal.code());
    assertEquals("sl6:1", refusal.facts().get("image"));
  }

  @Test
  void retiredOnceIsRetiredForEverAlsoByDigest() {
    CatalogueEntry retired =
        new CatalogueEntry(
            "sl6", "1", Sample.digest(1), Sample.digest(99), Optional.of(Sample.START));
    judge.accept(catalogue(4, entry("sl6", "1", Sample.digest(1))));
    assertEquals(Optional.empty(), judge.retired(Sample.digest(1)));
    judge.accept(catalogue(5, retired));
    assertEquals(Optional.of(Sample.START), judge.retired(Sample.digest(1)));
    assertEquals(
        "image.catalogue.unretired",
        refused(catalogue(6, entry("sl6", "1", Sample.digest(1)))).code());
    judge.accept(catalogue(6, retired, entry("sl6", "2", Sample.digest(1))));
    assertEquals(Optional.empty(), judge.retired(Sample.digest(1)));
    assertEquals(Optional.empty(), judge.retired(Sample.digest(2)));
  }

  @Test
  void aStaleCatalogueAndOneOfTheFutureAreRefused() {
    Catalogue catalogue = catalogue(4);
    clock.pass(Duration.ofHours(1));
    assertEquals("image.catalogue.stale", refused(catalogue).code());
    clock.pass(Duration.ofHours(-3));
    assertEquals("image.catalogue.future", refused(catalogue).code());
    assertEquals(Optional.empty(), memory.highest());
  }

  private Refusal refused(Catalogue catalogue) {
    return assertThrows(RefusedException.class, () -> judge.accept(catalogue)).refusal();
  }

  private static Catalogue catalogue(long serial, CatalogueEntry... entries) {
    return new Catalogue(
        serial, Sample.START, Sample.START.plus(Duration.ofHours(1)), List.of(entries));
  }

  private static CatalogueEntry entry(String name, String version, Digest digest) {
    return new CatalogueEntry(name, version, digest, Sample.digest(99), Optional.empty());
  }
}
