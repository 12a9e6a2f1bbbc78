package org.hospes.repo.publishing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.repo.catalogue.Publication;
import org.hospes.repo.refusal.RepositoryRefusal;
import org.hospes.trust.path.DistinguishedName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class CommitsTest {
  private static final DistinguishedName BOB = new DistinguishedName("/DC=org/CN=Bob");
  private static final Publication DONE =
      new Publication(
          1,
          "sl6",
          "1",
          Digest.sha256Of(new byte[0]),
          Digest.sha256Of(new byte[0]),
          SignatureForm.CMS,
          BOB,
          BOB,
          1,
          Instant.EPOCH,
          Optional.empty());

  private final Commits commits = new Commits(Duration.ofMillis(200));
  private final CountDownLatch go = new CountDownLatch(1);
  private final AtomicInteger runs = new AtomicInteger();

  @AfterEach
  void close() {
    commits.close();
  }

  @Test
  void slowWorkIsDoneOnceHoweverOftenItIsAskedFor() throws Exception {
    Callable<Publication> slow =
        () -> {
          runs.incrementAndGet();
          go.await();
          return DONE;
        };
    assertEquals(Optional.empty(), commits.await("a", slow));
    assertEquals(Optional.empty(), commits.await("a", slow));
    go.countDown();
    assertEquals(DONE, heard(slow));
    assertEquals(1, runs.get());
    assertFalse(commits.knows("a"));
  }

  @Test
  void aRefusalWaitsUntilSomebodyHearsIt() throws Exception {
    Callable<Publication> refusing =
        () -> {
          runs.incrementAndGet();
          go.await();
          throw new RepositoryRefusal(RepositoryRefusal.Kind.IMAGE_REFUSED, "image.x", "no");
        };
    assertEquals(Optional.empty(), commits.await("a", refusing));
    go.countDown();
    Thread.sleep(100);
    assertTrue(commits.knows("a"));
    assertEquals("image.x", assertThrows(RepositoryRefusal.class, () -> heard(refusing)).code());
    assertEquals(1, runs.get());
    assertFalse(commits.knows("a"));
  }

  @Test
  void aFailureIsToldAndTheWorkCanBeAskedForAgain() throws Exception {
    Callable<Publication> failing =
        () -> {
          throw new IOException("disk full");
        };
    assertThrows(IOException.class, () -> heard(failing));
    assertEquals(DONE, heard(() -> DONE));
  }

  /** Asks again for as long as it goes on, as callers do. */
  private Publication heard(Callable<Publication> work) throws IOException {
    Optional<Publication> done = commits.await("a", work);
    while (done.isEmpty()) {
      done = commits.await("a", work);
    }
    return done.get();
  }
}
