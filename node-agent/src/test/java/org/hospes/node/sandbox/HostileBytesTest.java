package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.hospes.node.endpoint.FileEndpoint;
import org.hospes.node.journal.Failure;
import org.hospes.wire.bytes.Holes;
import org.hospes.wire.security.SecureServer;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files whose empty pages are left out, and files that are copied before they are left, from a node
 * that lies: what is received is what was handed over, or nothing.
 */
class HostileBytesTest extends LeftOnTheWire {
  private static byte[] piece(long zeros, int bytes) {
    return ByteBuffer.allocate(12).putLong(zeros).putInt(bytes).array();
  }

  private Failure refusedHoles(byte[] sent) throws Exception {
    Lies lies = new Lies();
    lies.holes.put("overlay", sent);
    return refused(papers, liar(lies), hostName());
  }

  @Test
  void holesThatPromiseMoreThanTheFileAreNotTaken() throws Exception {
    Failure failure = refusedHoles(piece(Long.MAX_VALUE, Integer.MAX_VALUE));
    assertEquals("handover.fetch", failure.code());
    assertTrue(failure.message().contains("at most"), failure.message());
  }

  @Test
  void holesThatAreNoneAreNotTaken() throws Exception {
    assertEquals("handover.fetch", refusedHoles(piece(-1, 5)).code());
  }

  @Test
  void holesThatEndEarlyAreNotTaken() throws Exception {
    Failure failure = refusedHoles(piece(1000, 0));
    assertEquals("handover.fetch", failure.code());
    assertTrue(failure.message().contains("1000"), failure.message());
  }

  @Test
  void nothingButHolesIsNotWhatWasSealed() throws Exception {
    long bytes = papers.file("overlay").orElseThrow().bytes();
    Failure failure = refusedHoles(piece(bytes, 0));
    assertEquals("handover.altered", failure.code());
    assertEquals("sha256:" + sha256(new byte[(int) bytes]), failure.facts().get("found"));
  }

  /** What a node sends ahead that is not to be trusted; what it hands over is what it was. */
  private static final class LiesAhead extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private final String how;
    private final transient CountDownLatch end = new CountDownLatch(1);

    LiesAhead(String how) {
      this.how = how;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      byte[] other = new byte[1 << 20];
      Arrays.fill(other, (byte) 'x');
      try (OutputStream out = response.getOutputStream()) {
        switch (how) {
          case "endless" -> {
            while (end.getCount() > 0) {
              out.write(other);
            }
          }
          case "stalls" -> {
            out.write(other);
            out.flush();
            boolean unused = end.await(60, TimeUnit.SECONDS);
          }
          case "holes" -> {
            response.setStatus(Holes.STATUS);
            response.setHeader(Holes.DONE, Holes.NAME);
            out.write(piece(Long.MAX_VALUE, 5));
          }
          case "nothing" -> {}
          default -> out.write(other);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"endless", "stalls", "holes", "nothing", "other bytes"})
  void whateverIsSentAheadItIsWhatWasHandedOver(String how) throws Exception {
    LiesAhead lies = new LiesAhead(how);
    SecureServer both =
        site.start(
            new FileEndpoint(List.of(source.handed), AuditTrail.NONE)
                .on(site.server())
                .bytes("/ahead/*", lies));
    URI address = WireSite.uri(both, "/node");
    Ahead begun = target.handOvers.expect(order, "wish", address, hostName());
    assertTrue(begun.bytes() >= 0);
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!how.equals("stalls")
        && !target.handOvers.expect(order, "wish", address, hostName()).copied()) {
      assertTrue(System.nanoTime() < end, "its disks are not copied");
      Thread.onSpinWait();
    }
    long most = (2L << 20) + (1L << 20) + order.memoryBytes() * 9 / 8 + (64L << 20);
    assertTrue(target.handOvers.expect(order, "wish", address, hostName()).bytes() < most);
    assertEquals(GuestPhase.SUSPENDED, receive(papers, both, hostName()));
    lies.end.countDown();
    for (String name : List.of("scratch.raw", "memory.save", "seed.iso")) {
      assertArrayEquals(
          Files.readAllBytes(folder(source).resolve(name)),
          Files.readAllBytes(folder(target).resolve(name)),
          name);
    }
    GuestView unused = source.guests.remove(id, "it is elsewhere");
    unused = target.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(target));
  }
}
