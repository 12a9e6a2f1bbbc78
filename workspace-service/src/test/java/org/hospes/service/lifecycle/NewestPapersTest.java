package org.hospes.service.lifecycle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hospes.image.Digest;
import org.hospes.image.ImageReference;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.Statement;
import org.hospes.service.workspace.ImagePin;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.SettableClock;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.WorkspaceId;
import org.junit.jupiter.api.Test;

/** What a node is told of an image long after it was deployed. */
class NewestPapersTest {
  private static final ImagePin PIN =
      new ImagePin("sl6:1", Sample.digest(1), "/CN=Bob", SignatureForm.CMS, 1);
  private static final SignedImage DEPLOYED =
      new SignedImage(new byte[] {1}, SignatureForm.CMS, new byte[] {2}, List.of());

  private final SettableClock clock = new SettableClock(Sample.START);
  private final List<ImageReference> asked = new ArrayList<>();
  private final Set<Digest> seen = new HashSet<>();
  private SignedImage published = DEPLOYED;
  private RuntimeException trouble;
  private final NewestPapers newest =
      new NewestPapers(this::published, p -> seen.contains(digest(p)), clock);

  private SignedImage published(ImageReference reference) {
    asked.add(reference);
    if (trouble != null) {
      throw trouble;
    }
    return published;
  }

  private static Digest digest(SignedImage papers) {
    return papers.publication().orElseThrow().digest();
  }

  private static Statement said(int what) {
    return new Statement(new byte[] {(byte) what}, new byte[] {0});
  }

  private static SignedImage endorsed(int... by) {
    List<byte[]> endorsements = new ArrayList<>();
    for (int who : by) {
      endorsements.add(new byte[] {(byte) who});
    }
    return DEPLOYED.withEndorsements(endorsements);
  }

  @Test
  void whatWasEndorsedSinceCountsAndWhatWasSaidBeforeIsNotLost() {
    published = endorsed(3, 1);
    SignedImage papers = newest.of(PIN, endorsed(1, 2));
    assertArrayEquals(endorsed(3, 1, 2).endorsements().toArray(), papers.endorsements().toArray());
    assertEquals(List.of(ImageReference.parse("sl6:1@" + PIN.digest())), asked);
    int[] many = new int[SignedImage.MOST_ENDORSEMENTS];
    for (int i = 0; i < many.length; i++) {
      many[i] = 100 + i;
    }
    clock.pass(Duration.ofSeconds(5));
    published = endorsed(many);
    assertTrue(newest.of(PIN, endorsed(1, 2)).sameWords(endorsed(many)), "no more are carried");
  }

  @Test
  void aPublicationThatWasSeenInTimeStaysTheOne() {
    SignedImage before = DEPLOYED.withPublication(Optional.of(said(1)));
    published = DEPLOYED.withPublication(Optional.of(said(2)));
    assertEquals(Optional.of(said(2)), newest.of(PIN, before).publication());
    seen.add(said(1).digest());
    assertEquals(Optional.of(said(1)), newest.of(PIN, before).publication());
    seen.add(said(2).digest());
    assertEquals(Optional.of(said(2)), newest.of(PIN, before).publication());
    clock.pass(Duration.ofSeconds(5));
    published = DEPLOYED;
    assertEquals(Optional.of(said(1)), newest.of(PIN, before).publication());
    assertEquals(Optional.empty(), newest.of(PIN, DEPLOYED).publication());
  }

  @Test
  void whatSomebodyElseSignedIsNotTaken() {
    published =
        new SignedImage(new byte[] {9}, SignatureForm.CMS, new byte[] {2}, List.of())
            .withEndorsements(List.of(new byte[] {3}));
    assertSame(DEPLOYED, newest.of(PIN, DEPLOYED));
  }

  @Test
  void withoutARepositoryItIsAsItWasDeployed() {
    trouble =
        Refusal.of(Refusal.Category.SITE, "repository.unavailable", "it is down").toException();
    SignedImage deployed = endorsed(1);
    assertSame(deployed, newest.of(PIN, deployed));
    assertSame(deployed, newest.of(PIN, deployed));
    assertEquals(1, asked.size(), "whoever waits for it waits once");
    clock.pass(Duration.ofSeconds(30));
    trouble =
        Refusal.of(Refusal.Category.NOT_FOUND, "image.not-found", "there is none").toException();
    assertSame(deployed, newest.of(PIN, deployed));
    trouble = null;
    published = endorsed(2);
    assertEquals(2, newest.of(PIN, deployed).endorsements().size());
    assertEquals(3, asked.size());
  }

  @Test
  void itIsNotAskedForEachWorkspaceInTurn() {
    newest.of(PIN, DEPLOYED);
    newest.of(PIN, DEPLOYED);
    assertEquals(1, asked.size());
    clock.pass(Duration.ofSeconds(5));
    newest.of(PIN, DEPLOYED);
    assertEquals(2, asked.size());
  }

  private static SignedImage endorsedBesides(SignedImage papers, int by) {
    List<byte[]> endorsements = new ArrayList<>(papers.endorsements());
    endorsements.add(0, new byte[] {(byte) by});
    return papers.withEndorsements(endorsements);
  }

  @Test
  void everyStartAndEveryMoveCarriesThem() {
    try (DrivenSite site = new DrivenSite()) {
      site.node("n1").node("n2");
      site.drains.drain("n2", Sample.EVE, site.clock.instant(), false);
      site.start();
      WorkspaceId id = site.await(site.ask("t").id(), State.RUNNING).id();
      SignedImage deployed = Sample.dossier().papers();
      assertTrue(site.cluster.papers("n1", id).sameWords(deployed));
      site.wishes().stop(id, Duration.ofSeconds(30), "/CN=Ada");
      site.await(id, State.STOPPED);
      site.published = endorsedBesides(deployed, 21);
      site.wishes().start(id, "/CN=Ada");
      site.await(id, State.RUNNING);
      assertTrue(site.cluster.papers("n1", id).sameWords(site.published));

      site.drains.undrain("n2");
      site.clock.pass(Duration.ofSeconds(5));
      site.published = endorsedBesides(deployed, 22);
      site.wishes().migrate(id, Optional.of("n2"), false, "/CN=Ada");
      site.await(id, w -> w.node().equals(Optional.of("n2")) && w.state() == State.RUNNING, "n2");
      assertTrue(site.cluster.papers("n2", id).sameWords(site.published));
    }
  }
}
