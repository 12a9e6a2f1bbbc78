package org.hospes.service.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.service.workspace.AskedMessage;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.service.workspace.WorkspaceRepository;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which messages are kept, and so may be named by the receipt of a boot. */
class AskedMessagesTest {
  private static final String ADA = "/CN=Ada";
  private final DrivenSite site = new DrivenSite();

  @AfterEach
  void stop() {
    site.close();
  }

  private WorkspaceId stopped() {
    site.node("n1").start();
    WorkspaceId id = site.await(site.ask("t").id(), State.RUNNING).id();
    site.wishes().stop(id, Duration.ofSeconds(9), ADA);
    return site.await(id, State.STOPPED).id();
  }

  private AskedMessage message(WorkspaceId id, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new AskedMessage(
        id, "start", true, site.clock.instant(), Optional.of(Sample.ADA), bytes);
  }

  private Optional<Digest> newest(WorkspaceId id) {
    return site.store.newestToRun(id).map(AskedMessage.Reference::digest);
  }

  @Test
  void whatChangesSomethingIsKeptAndWhatDoesNotIsNot() {
    WorkspaceId id = stopped();
    AskedMessage refused = message(id, "resume what does not rest");
    WishesTest.refusal(() -> site.wishes().askedBy(refused).resume(id, ADA));
    assertEquals(Optional.empty(), site.store.asked(refused.digest()));

    AskedMessage first = message(id, "start");
    site.wishes().askedBy(first).start(id, ADA);
    assertEquals(Optional.of(first.digest()), newest(id));
    site.await(id, State.RUNNING);
    AskedMessage again = message(id, "start what runs");
    site.wishes().askedBy(again).start(id, ADA);
    assertEquals(Optional.empty(), site.store.asked(again.digest()));
    assertEquals(Optional.of(first.digest()), newest(id));
  }

  /**
   * A start that is on its way to a node takes the message it names at any moment: here at each
   * step of a wish that finds the workspace startable, and is then refused since somebody else was
   * faster.
   */
  @Test
  void noStartOnItsWayEverNamesTheMessageOfAWishThatIsRefused() {
    WorkspaceId id = stopped();
    AskedMessage late = message(id, "start what is destroyed meanwhile");
    List<Optional<Digest>> named = new ArrayList<>();
    List<SavedMove> faster = new ArrayList<>();
    WorkspaceRepository real = site.store;
    WorkspaceRepository watched =
        (WorkspaceRepository)
            Proxy.newProxyInstance(
                WorkspaceRepository.class.getClassLoader(),
                new Class<?>[] {WorkspaceRepository.class},
                (proxy, method, arguments) -> {
                  boolean wish =
                      method.getName().equals("save") && arguments[1] == SavedMove.START_ASKED;
                  if (wish && faster.isEmpty()) {
                    faster.add(SavedMove.DESTROY_ASKED);
                    Workspace found = real.find(id).orElseThrow();
                    real.save(found.wantedGone("by somebody else"), SavedMove.DESTROY_ASKED);
                  }
                  try {
                    return method.invoke(real, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  } finally {
                    synchronized (named) {
                      named.add(newest(id));
                    }
                  }
                });
    site.start(watched);
    WishesTest.refusal(() -> site.wishes().askedBy(late).start(id, ADA));
    assertEquals(1, faster.size());
    synchronized (named) {
      assertEquals(List.of(Optional.<Digest>empty()), named.stream().distinct().toList());
    }
    assertEquals(Optional.empty(), site.store.asked(late.digest()));
  }
}
