package org.hospes.service.endpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.hospes.service.workspace.Sample;
import org.hospes.trust.caller.Caller;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.security.RawConnection;
import org.junit.jupiter.api.Test;

/** How a console ends that nobody has come to yet. */
class ConsoleRelayTest {
  /** One that ends when it is closed. */
  private static final class Closed implements RawConnection {
    boolean closed;

    @Override
    public int read(byte[] into) {
      assertTrue(closed, "nobody would ever end it");
      return -1;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {}

    @Override
    public void close() {
      closed = true;
    }

    @Override
    public void abort() {
      closed = true;
    }
  }

  @Test
  void whoComesToOneThatWasEndedIsLetGo() {
    Closed guest = new Closed();
    Closed person = new Closed();
    Queue<Runnable> threads = new ArrayDeque<>();
    List<String> over = new ArrayList<>();
    ConsoleRelay relay =
        new ConsoleRelay(
            Sample.workspace(Sample.ADA, "t"),
            new Caller(Sample.ADA, ProxyKind.NONE, List.of(), Instant.MAX),
            "127.0.0.1",
            guest,
            threads::add,
            (ended, reason) -> over.add(reason),
            Clock.systemUTC());
    relay.end("the service stops");
    assertTrue(guest.closed);
    relay.opened(person);
    assertTrue(person.closed);
    threads.forEach(Runnable::run);
    assertEquals(List.of("the service stops"), over);
  }
}
