package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.hospes.image.SignedImage;
import org.hospes.node.imagecache.TestImages;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.JournalWatcher;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Guests whose image's signer is revoked while they run. */
class GuestPapersTest {
  private static final Duration PATIENT = Duration.ofSeconds(60);
  private static final String CAROL = "/DC=org/DC=hospes/CN=Carol Builder";

  @TempDir Path root;

  private final List<String> told = new CopyOnWriteArrayList<>();
  private final AtomicBoolean ends = new AtomicBoolean();
  private TestNode node;
  private GuestPapers papers;
  private int trust;

  @BeforeEach
  void raise() {
    node = new TestNode(root);
    watch();
  }

  @AfterEach
  void takeDown() {
    node.close();
  }

  private void watch() {
    papers =
        new GuestPapers(
            node.guests,
            node.images,
            ends::get,
            (event, facts) -> told.add(event + facts),
            node.clock);
  }

  private boolean changeTrust() {
    return papers.look("trust " + ++trust);
  }

  private UUID running(String signer) throws Exception {
    SignedImage image = node.images.publish(1 << 20, 1, signer);
    GuestOrder order = node.order(image);
    node.guests.prepare(order);
    assertEquals(GuestPhase.PREPARED, settled(order.id()).phase());
    node.guests.start(order.id());
    assertEquals(GuestPhase.RUNNING, settled(order.id()).phase());
    return order.id();
  }

  private GuestView settled(UUID id) throws InterruptedException {
    assertTrue(node.guests.settled(PATIENT), "it goes on for ever");
    return node.guests.view(id);
  }

  private Optional<String> refusal(UUID id) {
    return node.guests.view(id).imageRefusal().map(Failure::code);
  }

  private long count(String event) {
    return told.stream().filter(line -> line.startsWith(event + "{")).count();
  }

  @Test
  void theyAreToldOfAndRunOnButDoNotBootAgain() throws Exception {
    UUID bobs = running(TestImages.BOB);
    UUID carols = running(CAROL);
    assertFalse(changeTrust());
    node.images.withdraw(TestImages.BOB, "path.revoked");
    assertFalse(papers.look("trust " + trust), "nothing changed, nothing is judged");
    assertTrue(changeTrust());
    assertEquals(Optional.of("image.signer.path"), refusal(bobs));
    assertEquals(Optional.empty(), refusal(carols));
    assertFalse(changeTrust(), "that is no news");
    assertEquals(1, count("guest.image-refused"), told::toString);
    assertTrue(told.get(0).contains("owner=/DC=org/DC=hospes/CN=Ada Physicist"), told.get(0));
    assertTrue(papers.warning().orElseThrow().startsWith("1 workspace "));
    assertEquals(GuestPhase.RUNNING, settled(bobs).phase());

    // An agent that starts anew finds it by its first look.
    node.stop();
    node.start(JournalWatcher.NONE);
    watch();
    assertEquals(GuestPhase.RUNNING, settled(bobs).phase());
    assertTrue(changeTrust());
    assertEquals(Optional.of("image.signer.path"), refusal(bobs));

    node.guests.stop(bobs, Duration.ZERO);
    assertEquals(GuestPhase.STOPPED, settled(bobs).phase());
    assertEquals(Optional.of("image.signer.path"), refusal(bobs));
    node.guests.start(bobs);
    GuestView view = settled(bobs);
    assertEquals(GuestPhase.STOPPED, view.phase());
    assertEquals("image.signer.path", view.setback().orElseThrow().code());

    node.images.reinstate(TestImages.BOB);
    assertTrue(changeTrust());
    node.guests.start(bobs);
    assertEquals(GuestPhase.RUNNING, settled(bobs).phase());
    assertEquals(GuestPhase.RUNNING, settled(carols).phase());
  }

  @Test
  void aRevocationThatWasAMistakeIsTakenBack() throws Exception {
    UUID bobs = running(TestImages.BOB);
    node.images.withdraw(TestImages.BOB, "path.revoked");
    changeTrust();
    node.images.reinstate(TestImages.BOB);
    assertTrue(changeTrust());
    assertEquals(Optional.empty(), refusal(bobs));
    assertEquals(Optional.empty(), papers.warning());
    assertEquals(1, count("guest.image-accepted"));
  }

  @Test
  void theyEndWhereThePolicySaysSo() throws Exception {
    UUID bobs = running(TestImages.BOB);
    UUID carols = running(CAROL);
    node.images.withdraw(TestImages.BOB, "path.revoked");
    changeTrust();
    assertEquals(GuestPhase.RUNNING, settled(bobs).phase());
    // The policy may change its mind later.
    ends.set(true);
    assertTrue(changeTrust());
    GuestView view = settled(bobs);
    assertEquals(GuestPhase.FAILED, view.phase());
    Failure failure = view.record().orElseThrow().failure().orElseThrow();
    assertEquals("image.revoked", failure.code());
    assertEquals(Failure.Category.IMAGE_REFUSED, failure.category());
    assertEquals(GuestPhase.RUNNING, settled(carols).phase());
    assertEquals(1, node.hypervisor.list().size());
    assertFalse(changeTrust());
    assertEquals(1, count("guest.ended"), told::toString);
  }

  @Test
  void oneThatIsOffIsNotEnded() throws Exception {
    ends.set(true);
    UUID bobs = running(TestImages.BOB);
    node.guests.stop(bobs, Duration.ZERO);
    assertEquals(GuestPhase.STOPPED, settled(bobs).phase());
    node.images.withdraw(TestImages.BOB, "path.revoked");
    changeTrust();
    assertEquals(GuestPhase.STOPPED, settled(bobs).phase());
    assertEquals(0, count("guest.ended"), told::toString);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "path.expired",
        "path.ca.unreadable",
        "path.crl.expired",
        "path.crl.missing",
        "path.other"
      })
  void whatNobodyDecidedEndsNobody(String problem) throws Exception {
    ends.set(true);
    UUID bobs = running(TestImages.BOB);
    node.images.withdraw(TestImages.BOB, problem);
    assertFalse(changeTrust());
    assertEquals(GuestPhase.RUNNING, settled(bobs).phase());
    assertEquals(Optional.empty(), refusal(bobs));
  }

  @Test
  void anOperatorsChangeOfMindIsToldOfAndEndsNobody() throws Exception {
    ends.set(true);
    UUID bobs = running(TestImages.BOB);
    node.images.withdraw(TestImages.BOB, "path.ca.unknown");
    assertTrue(changeTrust());
    assertEquals(GuestPhase.RUNNING, settled(bobs).phase());
    assertEquals(Optional.of("image.signer.path"), refusal(bobs));
  }
}
